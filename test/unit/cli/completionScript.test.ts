import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { COMMANDS } from '../../../cli/commandTable.ts';
import { completionScript, SHELLS } from '../../../cli/completionScript.ts';

const hasBash = spawnSync('bash', ['--version']).status === 0;
/** The words that bash offers for a line, whose last word is at the cursor. */
function offered(...words: string[]): string[] {
  const script = `${completionScript('bash')}
grafos() { printf '%s\\n' "values-of-$3"; }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_grafos
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' });
  return out.split('\n').filter(Boolean);
}

describe('the completion of a shell', () => {
  for (const shell of SHELLS) {
    it(`names every command and option, in ${shell}`, () => {
      const script = completionScript(shell);
      assert.ok(script.endsWith('\n'));
      for (const { name, options = [] } of COMMANDS) {
        for (const word of name.split(' ')) assert.ok(script.includes(word), name);
        for (const { flags } of options) {
          const flag = flags.split(' ')[0] ?? '';
          assert.ok(script.includes(shell === 'fish' ? `-l ${flag.slice(2)} ` : flag), `${name} ${flag}`);
        }
      }
    });
  }

  it('has no quote in fish that ends its text', () => {
    for (const line of completionScript('fish').split('\n')) {
      const bare = line.replaceAll("\\'", '').replaceAll(/"[^"]*"/g, '');
      assert.equal((bare.match(/'/g) ?? []).length % 2, 0, line);
    }
  });

  const inBash = hasBash ? it : it.skip;
  inBash('is a script that bash reads', () => {
    assert.equal(spawnSync('bash', ['-n'], { input: completionScript('bash') }).status, 0);
  });

  inBash('offers commands, then their verbs, then their options', () => {
    const groups = [...new Set(COMMANDS.map(({ name }) => name.split(' ')[0] ?? ''))];
    assert.deepEqual(offered('grafos', '').sort(), groups.sort());
    assert.deepEqual(offered('grafos', 'valid'), ['validate']);
    assert.deepEqual(offered('grafos', 'dev', 'do').sort(), ['doctor', 'down']);
    const flags = offered('grafos', 'validate', '--');
    for (const flag of ['--json', '--help']) assert.ok(flags.includes(flag), flag);
  });

  inBash('asks for names of tasklets and runs, and offers the words of an option', () => {
    assert.deepEqual(offered('grafos', 'tasklet', 'build', ''), ['values-of-tasklets']);
    assert.deepEqual(offered('grafos', 'runs', 'show', ''), ['values-of-runs']);
    assert.ok(offered('grafos', 'deploy', 'run', '--provider', '').includes('local'));
  });
});
