import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { GrafosError } from '../../base/grafosError.ts';
import { createCommandTree, parse } from '../../cli/createCommandTree.ts';
import { Output } from '../../cli/output.ts';
import { repositoryFiles } from '../../scripts/repositoryFiles.ts';
import { shellCommands, type Variables } from '../helpers/shellCommands.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = ['README.md', ...repositoryFiles(/^docs\/guide\/[\w-]+\.md$/)];
const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts;

/** Pages whose shell blocks a test runs, all of them, and that test. */
const RUN_BY: Record<string, string> = {
  'docs/guide/calling-the-api.md': 'test/cli/callingTheApi.test.ts',
  'docs/guide/cells.md': 'test/cli/guides.test.ts',
  'docs/guide/fabric-memory.md': 'test/cli/guides.test.ts',
  'docs/guide/own-server.md': 'test/cli/ownServer.test.ts',
  'docs/guide/testing.md': 'test/cli/guides.test.ts',
  'docs/guide/tutorial.md': 'test/cli/guides.test.ts',
};

/** The shell blocks of a page, and the steps of its workflows. */
function blocksOf(page: string): string[] {
  const fenced = [...page.matchAll(/^( *)```(\w*)[^\n]*\n([\s\S]*?)^\1```$/gm)];
  return fenced.flatMap(([, , language = '', text = '']) => {
    if (/^(?:sh|bash|shell|console|zsh)$/.test(language)) return [text];
    return language === 'yaml' ? [...text.matchAll(/\brun: (.+)$/gm)].map(([, step = '']) => step) : [];
  });
}

/** The words behind `grafos` in a command; undefined where it is another one. */
function grafosArguments(words: string[]): string[] | undefined {
  const [first = ''] = words;
  const isPrefix = ['npx', 'runuser', 'sudo'].includes(first);
  const at = first === 'grafos' ? 0 : isPrefix ? words.lastIndexOf('grafos') : -1;
  return at < 0 ? undefined : words.slice(at + 1);
}

/**
 * The reason why the parser of the command line refuses arguments; null where it takes them.
 * Nothing of the command is loaded.
 */
async function refusal(argv: string[]): Promise<string | null> {
  // The line of usage in docs/guide/cli.md has `[options]` and `[tasklet]`.
  const isUsage = argv.includes('[options]');
  const given = argv.filter((word) => !/^\[.*\]$/.test(word));
  let hasRun = false;
  const tree = createCommandTree(new Output({ json: true, color: 'never' }), given, async () => {
    hasRun = true;
  });
  for (const command of [tree, ...tree.commands, ...tree.commands.flatMap(({ commands }) => commands)])
    command.configureOutput({ writeOut: () => {}, writeErr: () => {} });
  try {
    const isHelp = (await parse(tree, given, true)) === 0;
    return hasRun || isHelp ? null : 'it does nothing';
  } catch (error) {
    if (!(error instanceof GrafosError || error instanceof CommanderError)) throw error;
    return isUsage && /^required option/.test(error.message) ? null : error.message;
  }
}

/** The faults of the blocks of a page, and the number of commands that were checked. */
async function checkPage(page: string, text: string): Promise<{ faults: string[]; commands: number }> {
  const faults: string[] = [];
  const variables: Variables = new Map();
  let commands = 0;
  for (const block of blocksOf(text)) {
    const [line = ''] = block.trim().split('\n');
    let isChecked = page in RUN_BY;
    for (const words of shellCommands(block, variables)) {
      const argv = grafosArguments(words);
      const script = words[0] === 'npm' ? npmScript(words) : undefined;
      if (argv === undefined && words[0] !== 'npm') continue;
      isChecked = true;
      commands += 1;
      const why = argv === undefined ? null : await refusal(argv);
      if (why !== null) faults.push(`${words.join(' ')}: ${why}`);
      if (script !== undefined && scripts[script] === undefined) faults.push(`${words.join(' ')}: no such script`);
    }
    if (!isChecked) faults.push(`${line}: neither run by a test nor checked`);
  }
  return { faults, commands };
}

/** The script of package.json that an npm command runs. */
function npmScript([, verb = '', name]: string[]): string | undefined {
  if (verb === 'run') return name;
  return ['start', 'test'].includes(verb) ? verb : undefined;
}

describe('shell blocks of the guide', () => {
  for (const page of pages) {
    it(`${page} has commands that the command line takes`, async () => {
      assert.deepEqual((await checkPage(page, read(page))).faults, []);
    });
  }

  it('and code in its prose name commands that exist', async () => {
    const faults: string[] = [];
    for (const page of pages) {
      const prose = read(page).replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '');
      for (const [, code = ''] of prose.matchAll(/`(grafos [^`]+)`/g)) {
        for (const words of shellCommands(code.replaceAll('\n', ' '))) {
          const why = await refusal(grafosArguments(words) ?? ['?']);
          // A sentence may name a command, or a group of commands, without what it needs.
          if (
            why !== null &&
            !/^missing required|^required option|^The command is not complete|argument missing$/.test(why)
          )
            faults.push(`${page}: ${code}: ${why}`);
        }
      }
    }
    assert.deepEqual(faults, []);
  });

  it('are many, so that none was overlooked', async () => {
    assert.ok(pages.length > 15, `${pages.length} pages`);
    let commands = 0;
    for (const page of pages) commands += (await checkPage(page, read(page))).commands;
    assert.ok(commands > 130, `${commands} commands`);
  });

  it('are run by the tests that this one names', () => {
    for (const [page, test] of Object.entries(RUN_BY)) {
      assert.ok(pages.includes(page) && existsSync(join(root, test)), page);
      assert.ok(read(test).includes(page.replace('docs/', '')), `${test} does not read ${page}`);
    }
  });
});

describe('a shell block is refused', () => {
  const rows: Array<[string, string, string[]]> = [
    ['for no fault', 'grafos dev up --mem-capacity 1MiB # comment\ngrafos help dev', []],
    ['for a wrong command', 'cd x && grafos dev begin', ["grafos dev begin: unknown command 'begin'"]],
    ['for a wrong flag', 'grafos test --all', ["grafos test --all: unknown option '--all'"]],
    [
      'for a flag without its value',
      'grafos deploy run --input | cat',
      ["grafos deploy run --input: option '--input <file>' argument missing"],
    ],
    ['for a missing argument', 'x=$(grafos runs show)', ["grafos runs show: missing required argument 'run-id'"]],
    [
      'for a missing option',
      'grafos admin init-ca --days 5',
      ["grafos admin init-ca --days 5: required option '--out <folder>' not specified"],
    ],
    [
      'for a value that is no choice',
      'grafos new x --template go',
      [
        "grafos new x --template go: option '--template <name>' argument 'go' is invalid. Allowed choices are assemblyscript, rust, wat.",
      ],
    ],
    [
      'for one argument too many',
      'sudo -u grafos -- grafos dev down now',
      ["sudo -u grafos -- grafos dev down now: too many arguments for 'down'. Expected 0 arguments but got 1."],
    ],
    ['for a wrong script', 'npm run tests', ['npm run tests: no such script']],
    ['for no command that is checked', 'cp a b', ['cp a b: neither run by a test nor checked']],
  ];
  for (const [name, block, faults] of rows) {
    it(name, async () => {
      const found = await checkPage('page.md', `\`\`\`sh\n${block}\n\`\`\`\n`);
      assert.deepEqual(found.faults, faults);
    });
  }
});

describe('shellCommands', () => {
  const rows: Array<[string, string, string[][]]> = [
    ['joins lines, and leaves comments and redirections out', 'a \\\n  b > c 2>&1 # d\n', [['a', 'b']]],
    ['knows quotes', 'a \'b c\' "d e" f\\ g ""', [['a', 'b c', 'd e', 'f g', '']]],
    ['parts lists and pipes', 'a && b | c; d || e', [['a'], ['b'], ['c'], ['d'], ['e']]],
    ['has commands of substitutions first', 'a "$(b "c)")" <(d)', [['b', 'c)'], ['d'], ['a', 'value', 'value']]],
    ['splits a variable outside of quotes', `x="b c"\na $x "$x" \${x}`, [['a', 'b', 'c', 'b c', 'b', 'c']]],
    ['takes exports and placeholders', 'export A=b\nc <run-id> $unknown', [['export'], ['c', 'value', 'value']]],
  ];
  for (const [name, text, commands] of rows) it(name, () => assert.deepEqual(shellCommands(text), commands));
  for (const text of ['a "b', "a 'b", 'a $(b', 'a << EOF'])
    it(`refuses ${text}`, () => assert.throws(() => shellCommands(text)));
});
