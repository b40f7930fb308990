import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { COMMANDS } from '../../cli/commandTable.ts';
import { completionScript } from '../../cli/completionScript.ts';
import { hexDump } from '../../cli/hexDump.ts';
import { table } from '../../cli/table.ts';

describe('output of the command', () => {
  it('aligns columns, colours and wide letters included', () => {
    assert.equal(
      table([
        ['A', 'LONG'],
        ['\x1b[32mlonger\x1b[39m', 'x'],
        ['é', ''],
      ]),
      'A       LONG\n\x1b[32mlonger\x1b[39m  x\né',
    );
  });

  it('dumps bytes and folds equal lines, but always shows the last', () => {
    const bytes = new Uint8Array(64);
    bytes.set(Buffer.from('grafOS'), 0);
    assert.deepEqual(hexDump(bytes, 4096, (text) => text).split('\n'), [
      `00001000  67 72 61 66 4f 53 00 00 00 00 00 00 00 00 00 00  grafOS..........`,
      `00001010  ${Array(16).fill('00').join(' ')}  ................`,
      '*',
      `00001030  ${Array(16).fill('00').join(' ')}  ................`,
    ]);
  });

  for (const [words, expected] of [
    [
      ['grafos', ''],
      ['deploy', 'dev', 'validate'],
    ],
    [
      ['grafos', 'dev', ''],
      ['up', 'down', 'doctor'],
    ],
    [
      ['grafos', 'dev', 'up', '--'],
      ['--mem-capacity', '--json'],
    ],
    [['grafos', 'validate', '--'], ['--sarif']],
  ] as const) {
    it(`completes "${words.join(' ')}" in bash`, () => {
      const script = `${completionScript('bash')}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _grafos; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
      assert.equal(stderr, '');
      for (const word of expected) assert.ok(stdout.split('\n').includes(word), `${word} in ${stdout}`);
    });
  }

  it('knows every command once', () => {
    const names = COMMANDS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
});
