import assert from 'node:assert/strict';
import { COMMANDS } from '../../../cli/commandTable.ts';
import { createCommandTree, helpCommand, parse } from '../../../cli/createCommandTree.ts';
import { Output } from '../../../cli/output.ts';

const tree = createCommandTree(new Output({ json: true, color: 'never' }), [], async () => {});

/** The first words of the commands under each heading of the help, in its order. */
function headings(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let words: string[] = [];
  for (const line of tree.helpInformation().split('\n')) {
    const [, heading] = /^([A-Z].*):$/.exec(line) ?? [];
    if (heading !== undefined) {
      words = [];
      found.set(heading, words);
    }
    const [, word] = /^ {2}([a-z]+)/.exec(line) ?? [];
    if (word !== undefined) words.push(word);
  }
  return found;
}

describe('the parser', () => {
  const firstWords = (argv: string[]) =>
    createCommandTree(new Output({ json: true, color: 'never' }), argv, async () => {}).commands.map((one) =>
      one.name(),
    );

  it('has the group alone that the command line begins with', () => {
    assert.deepEqual(firstWords(['dev', 'runs']), ['dev']);
    assert.deepEqual(firstWords(['validate']), ['validate']);
  });

  it('has every command where the first word is none, so that it can propose one', () => {
    const every = [...new Set(COMMANDS.map(({ name }) => name.split(' ')[0]))];
    for (const argv of [[], ['devv'], ['help', 'dev'], ['--json', 'dev', 'up']])
      assert.deepEqual(firstWords(argv), every);
  });
});

describe('an empty text', () => {
  const parsed = async (argv: string[]) => {
    let ran = 0;
    const fresh = createCommandTree(new Output({ json: true, color: 'never' }), argv, async () => {
      ran += 1;
    });
    await parse(fresh, argv, true);
    return ran;
  };

  it('is refused by every argument and option, by its name', async () => {
    for (const { name, args = [], options = [] } of COMMANDS) {
      const flagOf = (flags: string) => flags.split(' ')[0] ?? '';
      const needed = options.flatMap(({ flags, required, choices }) =>
        required === true ? [flagOf(flags), choices?.[0] ?? 'x'] : [],
      );
      const words = [...name.split(' '), ...needed];
      assert.equal(await parsed([...words, ...args.map(() => 'x')]), 1, name);
      for (const [at, argument] of args.entries()) {
        const argv = [...words, ...args.map((_, index) => (index === at ? '' : 'x'))];
        await assert.rejects(parsed(argv), { code: 'wrong_usage', message: `${argument.name} is empty.` }, name);
      }
      for (const { flags, choices } of options.filter((option) => option.flags.includes('<'))) {
        const argv = [...words, ...args.map(() => 'x'), flagOf(flags), ''];
        const message = choices === undefined ? `${flagOf(flags)} is empty.` : /Allowed choices are/;
        await assert.rejects(parsed(argv), { code: 'wrong_usage', message }, `${name} ${flags}`);
      }
    }
  });
});

describe('the help', () => {
  it('has profile among the commands that look at a run', () => {
    const run = headings().get('Run') ?? [];
    for (const word of ['deploy', 'runs', 'artifacts', 'replay', 'profile']) assert.ok(run.includes(word), word);
  });

  it('has each command under a heading that says what it is for, once', () => {
    const named = [...headings()].filter(([heading]) => heading !== 'Options' && heading !== 'First steps');
    assert.deepEqual(
      named.map(([heading]) => heading),
      ['Write and check', 'Run', 'Your tools and you', 'Cells and clouds'],
    );
    const words = [...new Set(COMMANDS.map(({ name }) => name.split(' ')[0]))];
    assert.deepEqual(named.flatMap(([, listed]) => listed).sort(), words.sort());
  });

  it('describes each group of commands', () => {
    for (const command of tree.commands) assert.notEqual(command.description(), '', command.name());
  });

  for (const [argv, command] of [
    [['dev', 'up', '--x'], 'grafos dev up --help'],
    [['dev', 'upp'], 'grafos dev --help'],
    [['nobody'], 'grafos --help'],
    [['profile', '--x'], 'grafos profile --help'],
  ] as const) {
    it(`of ${argv.join(' ')} is ${command}`, () => assert.equal(helpCommand([...argv]), command));
  }
});
