import assert from 'node:assert/strict';
import { manifestCompletion } from '../../../language-server/manifestCompletion.ts';
import { parseManifest } from '../../../program/manifest.ts';
import { MANIFEST_KEYS } from '../../../program/manifestKeys.ts';
import { textLines } from '../../../program/textLines.ts';
import { applyEdits } from '../../helpers/applyFix.ts';

/** The text without its `|`, and where that stood. */
function cursor(marked: string) {
  const at = marked.indexOf('|');
  const text = marked.slice(0, at) + marked.slice(at + 1);
  return { text, position: textLines(text).positionAt(at) };
}

describe('completion in grafos.toml', () => {
  const complete = (marked: string, snippets = false) => {
    const { text, position } = cursor(marked);
    const parsed = parseManifest(text);
    const items = manifestCompletion({ parsed, position, snippets, sources: () => ['tasklets/a.ts', 'crate'] });
    return { text, items, labels: items.map(({ label }) => label) };
  };
  const head = '[program]\nname = "d"\nversion = "0.1.0"\n';
  const sizes = ['"32KiB"', '"64KiB"', '"128KiB"', '"1MiB"', '"16MiB"', '"32MiB"'];
  for (const [what, marked, wanted] of [
    ['headers in an empty file', '|', ['[program]', '[[tasklet]]']],
    ['headers from a bracket', `${head}\n[|`, ['[[tasklet]]']],
    ['the keys a table lacks', '[program]\nname = "a"\n|', ['version', '[[tasklet]]']],
    [
      'keys from their first letters, in a file with another fault',
      `${head}[[tasklet]]\nname = "a"\nso|\nmem = 5\n= 7\n`,
      [
        'source',
        'output',
        'fuel',
        'linear_memory',
        'timeout',
        'features',
        'fixtures',
        '[[tasklet]]',
        '[tasklet.requires]',
        '[stack]',
      ],
    ],
    [
      'keys of requires',
      `${head}[[tasklet]]\nname = "a"\n[tasklet.requires]\n|`,
      ['gpu', '[[tasklet]]', '[tasklet.requires]', '[stack]'],
    ],
    ['sources', `${head}[[tasklet]]\nname = "a"\nsource = |`, ['"tasklets/a.ts"', '"crate"']],
    [
      'sources in a quote that is not closed',
      `${head}[[tasklet]]\nname = "a"\nsource = "ta|`,
      ['"tasklets/a.ts"', '"crate"'],
    ],
    ['the default of a path', `${head}[[tasklet]]\nname = "a"\noutput = |`, ['"build/a.wasm"']],
    ['sizes', `${head}[[tasklet]]\nname = "a"\nmem = |`, ['0', ...sizes]],
    ['durations', `${head}[[tasklet]]\ntimeout = "|"`, ['"500ms"', '"1s"', '"10s"', '"30s"', '"2m"']],
    ['nothing in a comment', `${head}# na|`, []],
    ['nothing for an unknown key', `${head}[[tasklet]]\ncolour = |`, []],
    ['nothing inside another value', '[program]\nname = "a" |', []],
  ] as const)
    it(`offers ${what}`, () => assert.deepEqual(complete(marked).labels, wanted));

  it('replaces what was begun, quotes and all', () => {
    const { text, items } = complete(`${head}[[tasklet]]\nname = "a"\nmem = "3|2k" # pool`);
    const edit = items.find(({ label }) => label === '"64KiB"')?.textEdit;
    assert.ok(edit !== undefined && 'range' in edit);
    assert.equal(applyEdits(text, [edit]), `${head}[[tasklet]]\nname = "a"\nmem = "64KiB" # pool`);
  });

  it('keeps the value of a key that is being renamed', () => {
    const { text, items } = complete(`${head}[[tasklet]]\nfue| = 5`);
    const edit = items.find(({ label }) => label === 'fuel')?.textEdit;
    assert.ok(edit !== undefined && 'range' in edit);
    assert.equal(applyEdits(text, [edit]), `${head}[[tasklet]]\nfuel = 5`);
  });

  it('what a header brings is a manifest that is valid as soon as the source is there', () => {
    const edits = (marked: string, label: string) => {
      const { text, items } = complete(marked);
      const edit = items.find((one) => one.label === label)?.textEdit;
      assert.ok(edit !== undefined && 'range' in edit);
      return applyEdits(text, [edit]);
    };
    const program = edits('|', '[program]');
    assert.deepEqual(parseManifest(edits(`${program}\n|`, '[[tasklet]]')).problems, []);
  });

  it('has a placeholder for each value, for clients that fill them in', () => {
    const item = complete('[program]\n|', true).items[0];
    assert.equal(item?.textEdit?.newText, `name = "\${1:local-dev}"`);
  });

  it('documents every key', () => {
    const empty = [
      complete('[program]\n|'),
      complete('[[tasklet]]\n|'),
      complete('[[tasklet]]\n[tasklet.requires]\n|'),
      complete('[stack]\n|'),
    ];
    const offered = empty.flatMap(({ items }) => items).filter(({ kind }) => kind === 10);
    assert.deepEqual(offered.map(({ label }) => label).sort(), MANIFEST_KEYS.map(({ key }) => key).sort());
    for (const { label, documentation } of offered) {
      const said = typeof documentation === 'object' ? documentation.value : '';
      assert.ok(
        MANIFEST_KEYS.some(({ key, doc }) => key === label && said.includes(doc)),
        label,
      );
    }
  });
});
