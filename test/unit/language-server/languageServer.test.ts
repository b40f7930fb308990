import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../base/packageRoot.ts';
import { codeLenses } from '../../../language-server/codeLenses.ts';
import { pathOfUri, uriOfPath } from '../../../language-server/filePaths.ts';
import { manifestCompletion } from '../../../language-server/manifestCompletion.ts';
import { manifestHover } from '../../../language-server/manifestHover.ts';
import { movedDefaults, renameFault, renamePlace } from '../../../language-server/manifestRename.ts';
import { manifestSymbols } from '../../../language-server/manifestSymbols.ts';
import { moveFindings } from '../../../language-server/movedFindings.ts';
import { fixAll } from '../../../language-server/quickFixes.ts';
import { standardHover } from '../../../language-server/standardHover.ts';
import { parseManifest } from '../../../program/manifest.ts';
import { textLines } from '../../../program/textLines.ts';
import { computePlace } from '../../../toolchain/language/computePlace.ts';
import { type Finding, finding } from '../../../toolchain/validate/finding.ts';
import { applyEdits } from '../../helpers/applyFix.ts';

const MANIFEST = `[program]
name = "demo"
version = "0.1.0"

[[tasklet]]
name = "one"
source = "tasklets/one.ts"
mem = "32KiB"

[[tasklet]]
name = "two"
source = "two"
output = "build/2.wasm"
fixtures = "cases"
requires = { gpu = 1 }
`;

/** The text without its `|`, and where that stood. */
function cursor(marked: string) {
  const at = marked.indexOf('|');
  const text = marked.slice(0, at) + marked.slice(at + 1);
  return { text, position: textLines(text).positionAt(at) };
}

describe('findings of an older text', () => {
  const text = 'one\ntwo three\nfour\n';
  const at = (word: string, all = text) => {
    const start = all.indexOf(word);
    return textLines(all).rangeOf({ start, end: start + word.length });
  };
  for (const [what, after, wanted] of [
    ['stay before the change', 'one\ntwo three\nfour five\n', 'three'],
    ['move down with a line above', 'zero\none\ntwo three\nfour\n', 'three'],
    ['move right on their line', 'one\ntwo or three\nfour\n', 'three'],
    ['move with Windows line ends', 'one\r\ntwo three\nfour\n', 'three'],
    ['are gone where the text at their edge changed', 'one\ntwo ahree\nfour\n', null],
    ['are gone when all is replaced', 'x', null],
    ['are gone when all is deleted', '', null],
  ] as const) {
    it(what, () => {
      const moved = moveFindings([finding('GRF2101', '/a.ts', at('three'), 'x')], text, after);
      assert.deepEqual(
        moved.map(({ range }) => range),
        wanted === null ? [] : [at(wanted, after)],
      );
    });
  }

  it('grow with a change inside them', () => {
    const [one] = moveFindings([finding('GRF2101', '/a.ts', at('two three'), 'x')], text, 'one\ntwo or three\nfour\n');
    assert.deepEqual(one?.range, at('two or three', 'one\ntwo or three\nfour\n'));
  });
});

describe('paths of documents', () => {
  for (const path of ['/a/b c/ö.ts', '/a/100%/#1?.toml', '/a/日本.wat'])
    it(`${path} goes to a URI and back`, () => assert.equal(pathOfUri(uriOfPath(path)), path));
  for (const uri of ['untitled:Untitled-1', 'git:/a/b.ts', 'file://host/a%2Fb', 'nonsense', ''])
    it(`"${uri}" is no file`, () => assert.equal(pathOfUri(uri), null));
});

describe('hover in grafos.toml', () => {
  for (const [marked, wanted] of [
    ['[pro|gram]', /one manifest has one/],
    ['[[tasklet]]\nfu|el = 5', /default: `500_000`[\s\S]*unit: executed wasm instructions[\s\S]*from 1 to/],
    ['[[tasklet]]\nmem = "3|2KiB"', /`32KiB` = 32,768 bytes/],
    ['[[tasklet]]\ntimeout = "2|m"', /from 1ms to [\s\S]*`2m` = 120,000 ms/],
    ['[[tasklet]]\nname = "a"\n[tasklet.requires]\ng|pu = 1', /GPUs/],
    ['[[tasklet]]\nrequi|res = { gpu = 1 }', /Resource hints/],
  ] as const)
    it(marked.replaceAll('\n', ' '), () => {
      const { text, position } = cursor(marked);
      const hover = manifestHover(parseManifest(text), position);
      assert.match((hover?.contents as { value: string } | undefined)?.value ?? '', wanted);
    });

  it('is silent on what it does not know', () => {
    for (const marked of ['[[tasklet]]\ncol|our = 1', '|', '# comm|ent\n[program]']) {
      const { text, position } = cursor(marked);
      assert.equal(manifestHover(parseManifest(text), position), null, marked);
    }
  });
});

describe('rename of a tasklet', () => {
  const place = (marked: string) => {
    const { text, position } = cursor(marked);
    const parsed = parseManifest(text);
    return { parsed, text, place: renamePlace(parsed, position) };
  };

  it('is of the name alone, without its quotes', () => {
    const { text, place: found } = place(MANIFEST.replace('"one"', '"o|ne"'));
    assert.ok(found);
    assert.equal(found.placeholder, 'one');
    assert.equal(applyEdits(text, [{ range: found.range, newText: 'three' }]), MANIFEST.replace('"one"', '"three"'));
  });

  it('is nowhere else', () => {
    for (const marked of [
      MANIFEST.replace('"demo"', '"de|mo"'),
      MANIFEST.replace('"32KiB"', '"32|KiB"'),
      MANIFEST.replace('[[tasklet', '[[ta|sklet'),
    ])
      assert.equal(place(marked).place, null);
  });

  it('refuses what is no name and what is taken', () => {
    const { parsed, place: found } = place(MANIFEST.replace('"one"', '"o|ne"'));
    assert.ok(found);
    for (const bad of ['', 'One', 'a b', '1a', 'a'.repeat(64), 'ö'])
      assert.match(renameFault(parsed, found.tasklet, bad) ?? '', /no name of a tasklet/, bad);
    assert.match(renameFault(parsed, found.tasklet, 'two') ?? '', /another tasklet "two"/);
    assert.equal(renameFault(parsed, found.tasklet, 'three'), null);
    assert.equal(renameFault(parsed, found.tasklet, 'one'), null);
  });

  it('knows which paths follow the name', () => {
    const [one, two] = parseManifest(MANIFEST).tasklets;
    assert.ok(one && two);
    assert.deepEqual(movedDefaults(one, 'x'), [
      { key: 'output', from: 'build/one.wasm', to: 'build/x.wasm' },
      { key: 'fixtures', from: 'fixtures/one', to: 'fixtures/x' },
    ]);
    assert.deepEqual(movedDefaults(two, 'x'), []);
  });
});

describe('symbols of grafos.toml', () => {
  it('are the program and its tasklets with their keys', () => {
    const symbols = manifestSymbols(parseManifest(MANIFEST));
    assert.deepEqual(
      symbols.map(({ name, detail, children }) => [name, detail, children?.map((one) => one.name)]),
      [
        ['demo', 'program', ['name', 'version']],
        ['one', 'tasklet', ['name', 'source', 'mem']],
        ['two', 'tasklet', ['name', 'source', 'output', 'fixtures', 'requires']],
      ],
    );
    for (const { range, selectionRange } of symbols) {
      assert.ok(range.start.line <= selectionRange.start.line && selectionRange.end.line <= range.end.line);
    }
  });

  it('are there for a manifest that is being written', () => {
    const names = manifestSymbols(parseManifest('[program]\nname = \n[[tasklet]]\n[[tasklet]]\nname = 5')).map(
      ({ name }) => name,
    );
    assert.deepEqual(names, ['program', 'tasklet', 'tasklet']);
  });
});

describe('the place of compute', () => {
  for (const [kind, text, wanted] of [
    ['assemblyscript', '/* compute */\nexport function compute(a: string): string {}', [1, 16]],
    ['assemblyscript', 'export { compute } from "./other";', null],
    ['rust', '// fn compute\nfn compute(input: &[u8]) {}\ngrafos::tasklet!(compute);', [1, 3]],
    ['rust', '#[no_mangle]\npub extern "C" fn _grafos_tasklet_run() {}', [1, 18]],
    ['wat', '(module\n (func (export "_grafos_tasklet_run")))', [1, 8]],
    ['wat', '', null],
    ['wasm', '', null],
  ] as const)
    it(`${kind}: ${text.replaceAll('\n', ' ')}`, () => {
      const place = computePlace(kind, text);
      assert.deepEqual(place === null ? null : [place.start.line, place.start.character], wanted);
    });

  it('has lenses that name the tasklet when two share a source', () => {
    const one = parseManifest(MANIFEST).tasklets[0]?.tasklet;
    assert.ok(one);
    const titles = codeLenses('/p', [one, { ...one, name: 'b' }], 'export function compute(a: string): string {}').map(
      ({ command }) => command?.title,
    );
    assert.deepEqual(titles, ['Build one', 'Run one', 'Deploy to one…', 'Build b', 'Run b', 'Deploy to b…']);
  });
});

describe('the fix of all findings of a file', () => {
  const at = (line: number, from: number, to: number) => ({
    start: { line, character: from },
    end: { line, character: to },
  });
  const found = (...edits: Array<[file: string, range: ReturnType<typeof at>, newText: string]>): Finding =>
    finding('GRF2108', '/p/a.ts', at(0, 0, 1), 'x', {
      title: 'x',
      edits: edits.map(([file, range, newText]) => ({ file, range, newText })),
    });
  const importing = ['/p/a.ts', at(0, 0, 0), 'import'] as [string, ReturnType<typeof at>, string];
  const one = found(importing, ['/p/a.ts', at(3, 2, 5), 'one']);
  const rows: Array<[what: string, findings: Finding[], texts: string[] | null]> = [
    [
      'takes both, and the import that both need once',
      [one, found(importing, ['/p/a.ts', at(4, 2, 5), 'two'])],
      ['import', 'one', 'two'],
    ],
    ['leaves out a fix that overlaps another', [one, found(['/p/a.ts', at(3, 4, 9), 'three'])], ['import', 'one']],
    [
      'leaves out a fix that another file takes part in',
      [found(['/p/b.ts', at(1, 0, 1), 'x']), one],
      ['import', 'one'],
    ],
    ['is not there without fixes', [finding('GRF2108', '/p/a.ts', at(0, 0, 1), 'x')], null],
  ];
  for (const [what, findings, texts] of rows) {
    it(what, () => {
      const [action] = fixAll(findings, '/p/a.ts', (edits) => ({
        changes: { a: edits.map(({ range, newText }) => ({ range, newText })) },
      }));
      assert.deepEqual(action?.edit?.changes?.a?.map(({ newText }) => newText) ?? null, texts);
    });
  }
});

describe('half-written texts', () => {
  it('of a manifest fault nothing, wherever it is cut and asked about', () => {
    for (let cut = 0; cut <= MANIFEST.length; cut++) {
      for (const text of [MANIFEST.slice(0, cut), `${MANIFEST.slice(0, cut)}"${MANIFEST.slice(cut)}`]) {
        const parsed = parseManifest(text);
        manifestSymbols(parsed);
        for (const position of [
          textLines(text).positionAt(cut),
          { line: 99, character: 9 },
          { line: 2, character: 4 },
        ]) {
          manifestCompletion({ parsed, position, snippets: true, sources: () => [] });
          manifestHover(parsed, position);
          renamePlace(parsed, position);
        }
      }
    }
  });

  it('of a source fault nothing either', () => {
    const source = readFileSync(join(packageRoot, 'cookbook/shared-list/tasklets/shared-list.ts'), 'utf8');
    for (let cut = 0; cut <= source.length; cut++) {
      const text = source.slice(0, cut);
      standardHover(text, textLines(text).positionAt(cut - 1));
      if (cut % 10 === 0) for (const kind of ['assemblyscript', 'rust', 'wat'] as const) computePlace(kind, text);
    }
  });
});
