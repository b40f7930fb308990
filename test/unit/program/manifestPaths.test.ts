import assert from 'node:assert/strict';
import { parseManifest } from '../../../program/manifest.ts';
import { applyEdits } from '../../helpers/applyFix.ts';

const HEAD = '[program]\nname = "demo"\nversion = "0.1.0"\n';
const tasklet = (name: string, more: string) => `[[tasklet]]\nname = "${name}"\n${more}\n`;
const one = (more: string) => HEAD + tasklet('a', more);
/** Kind and text of each problem of paths. */
const problemsOf = (text: string) =>
  parseManifest(text).problems.map(({ kind, range }) => {
    const line = text.split('\n')[range.start.line] ?? '';
    return `${kind} ${line.slice(range.start.character, range.end.character)}`;
  });
const fixed = (text: string) => applyEdits(text, parseManifest(text).problems[0]?.fix?.edits ?? []);

describe('the paths of a manifest', () => {
  for (const [what, path] of [
    ['leads up', '../a.ts'],
    ['leads up from the middle', 'x/../../a.ts'],
    ['leads up and back', 'x/../a.ts'],
    ['begins at the root', '/etc/a.ts'],
    ['begins with a drive', 'C:/a.ts'],
    ['begins with a drive alone', 'c:a.ts'],
    ['begins at the home folder', '~/a.ts'],
    ['has a NUL', 'a\\u0000.ts'],
    ['is empty', ''],
    ['is nothing but slashes', '///'],
  ] as const) {
    it(`of a source, an output and fixtures are refused where one ${what}`, () => {
      for (const key of ['source', 'output', 'fixtures']) {
        const more = key === 'source' ? '' : 'source = "a.ts"\n';
        assert.deepEqual(problemsOf(one(`${more}${key} = "${path}"`)), [`path-outside "${path}"`], key);
      }
    });
  }

  it('may have dots in their names, and needless parts', () => {
    assert.deepEqual(problemsOf(one('source = "./x/..a/b../a.ts"\noutput = "out//./a.wasm"\nfixtures = "..."')), []);
  });

  it('with a backslash are refused, and the fix is right', () => {
    const text = one("source = 'tasklets\\a.ts'");
    assert.deepEqual(problemsOf(text), ["path-backslash 'tasklets\\a.ts'"]);
    assert.match(fixed(text), /source = "tasklets\/a\.ts"/);
    assert.deepEqual(problemsOf(fixed(text)), []);
  });

  for (const [source, kind] of [
    ['a.ts', []],
    ['a.wat', []],
    ['a.wasm', []],
    ['crate', []],
    ['.', []],
    ['crate/src/tasklets/a.rs', []],
    ['a.js', ['source-kind "a.js"']],
    ['a.d.ts', ['source-kind "a.d.ts"']],
    ['a.TS', ['source-kind "a.TS"']],
    ['crate/src/lib.rs', ['source-kind "crate/src/lib.rs"']],
    ['crate/Cargo.toml', ['source-kind "crate/Cargo.toml"']],
  ] as const) {
    it(`${kind.length === 0 ? 'take' : 'refuse'} ${source} as a source`, () => {
      assert.deepEqual(problemsOf(one(`source = "${source}"\noutput = "out/a.wasm"`)), kind);
    });
  }

  it('of a crate by one of its files are mended to its folder', () => {
    for (const source of ['crate/src/lib.rs', 'crate/Cargo.toml']) {
      assert.match(fixed(one(`source = "${source}"`)), /source = "crate"/);
    }
    const atRoot = parseManifest(one('source = "Cargo.toml"')).problems[0];
    assert.deepEqual([atRoot?.kind, atRoot?.fix], ['source-kind', undefined]);
  });

  it('of an output end in .wasm', () => {
    const text = one('source = "a.ts"\noutput = "out/a.bin"');
    assert.deepEqual(problemsOf(text), ['output-not-wasm "out/a.bin"']);
    assert.match(fixed(text), /output = "out\/a\.wasm"/);
  });

  it('of two outputs are two, whatever their case, given or by default', () => {
    const two = (first: string, second: string) => HEAD + tasklet('a', first) + tasklet('b', second);
    assert.deepEqual(problemsOf(two('source = "a.ts"\noutput = "x.wasm"', 'source = "b.ts"\noutput = "./X.wasm"')), [
      'output-collision "./X.wasm"',
    ]);
    assert.deepEqual(problemsOf(two('source = "a.ts"\noutput = "build/b.wasm"', 'source = "b.ts"')), [
      'output-collision "b"',
    ]);
    assert.deepEqual(problemsOf(two('source = "a.ts"', 'source = "b.ts"')), []);
  });

  it('of an output are no source of another tasklet, but may be its own', () => {
    const wasm = tasklet('a', 'source = "in/a.wasm"\noutput = "out/a.wasm"');
    assert.deepEqual(problemsOf(HEAD + wasm + tasklet('b', 'source = "b.ts"\noutput = "in/a.wasm"')), [
      'output-collision "in/a.wasm"',
    ]);
    assert.deepEqual(problemsOf(one('source = "a.wasm"\noutput = "./a.wasm"')), []);
  });

  it('belong to their tasklet', () => {
    const text = HEAD + tasklet('a', 'source = "a.ts"') + tasklet('b', 'source = "../b.ts"');
    const [problem] = parseManifest(text).problems;
    assert.match(text.slice(problem?.tasklet?.span.start, problem?.tasklet?.span.end), /^\[\[tasklet\]\]\nname = "b"/);
  });
});
