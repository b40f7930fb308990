import assert from 'node:assert/strict';
import { COMMANDS } from '../../../cli/commandTable.ts';
import { createCommandTree } from '../../../cli/createCommandTree.ts';
import { Output } from '../../../cli/output.ts';

/** Words of a command line of an example. A line that ends with a backslash goes on. */
function commandLines(examples: readonly string[]): string[][] {
  const joined = examples
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  return joined.flatMap((line) => {
    const [, words] = /(?:^|&& |\| )grafos (.*?)(?: [|>] .*| && .*)?$/.exec(line) ?? [];
    return words === undefined ? [] : [words.split(' ').map((word) => word.replaceAll(/^['"]|['"]$/g, ''))];
  });
}

describe('the table of commands', () => {
  it('has each name once', () => {
    const names = COMMANDS.map(({ name }) => name);
    assert.ok(names.length > 40, `${names.length}`);
    assert.deepEqual(names, [...new Set(names)]);
  });

  for (const spec of COMMANDS) {
    const { name, summary, options = [], args = [], examples = [], json, load } = spec;
    describe(name, () => {
      it('has a function to run, a summary and the shape of its JSON', async () => {
        assert.equal(typeof (await load()), 'function');
        assert.match(summary, /^[A-Z].*[^.]$/);
        assert.notEqual(json, '');
      });

      it('has options with one name each, and a default that is among the choices', () => {
        const flags = options.map((option) => option.flags.split(/[ ,]/)[0]);
        assert.equal(new Set(flags).size, flags.length, flags.join(', '));
        for (const { flags: text, default: value, choices, required } of options) {
          assert.match(text, /^(?:-\w, )?--[a-z][a-z-]*(?: <[a-z-]+>)?$/);
          if (value !== undefined && choices !== undefined) assert.ok(choices.includes(value), text);
          assert.ok(!(required === true && value !== undefined), `${text} needs no default`);
        }
      });

      it('has no argument that is required after one that is not', () => {
        const optional = args.findIndex((arg) => arg.name.startsWith('['));
        if (optional >= 0) assert.ok(args.slice(optional).every((arg) => arg.name.startsWith('[')));
        for (const arg of args) assert.match(arg.name, /^(?:<[a-z-]+>|\[[a-z-]+(?:\.\.\.)?\])$/);
      });

      for (const words of commandLines(examples)) {
        it(`parses its example: grafos ${words.join(' ')}`, async () => {
          const ran: string[] = [];
          const tree = createCommandTree(new Output({ json: true, color: 'never' }), words, async (row) => {
            ran.push(row.name);
          });
          tree.exitOverride();
          await tree.parseAsync(words, { from: 'user' });
          assert.deepEqual(ran, [name]);
        });
      }

      it('has examples of at most 76 characters a line', () => {
        for (const line of examples) assert.ok(line.length <= 76, line);
      });
    });
  }
});
