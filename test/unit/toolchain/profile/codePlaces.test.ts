import assert from 'node:assert/strict';
import { createCodePlaces } from '../../../../toolchain/profile/codePlaces.ts';
import { readSourceMap } from '../../../../toolchain/profile/readSourceMap.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { section, text, u32, VOID_TYPE, wasmModule } from '../../../helpers/wasmBytes.ts';

const VLQ = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
function vlq(value: number): string {
  let out = '';
  for (let rest = value < 0 ? (-value << 1) | 1 : value << 1; ; rest >>= 5) {
    out += VLQ[(rest & 31) | (rest > 31 ? 32 : 0)];
    if (rest <= 31) return out;
  }
}
/** A source map of one line: offset in the module, file, line from 1. */
function mapOf(
  entries: Array<[offset: number, file: number, line: number]>,
  sources: string[],
  contents: string[] = [],
) {
  let [column, file, line] = [0, 0, 0];
  const mappings = entries.map(([offset, at, from1]) => {
    const segment = vlq(offset - column) + vlq(at - file) + vlq(from1 - 1 - line) + vlq(0);
    [column, file, line] = [offset, at, from1 - 1];
    return segment;
  });
  return readSourceMap(
    JSON.stringify({ version: 3, sources, sourcesContent: contents, names: [], mappings: mappings.join(',') }),
  );
}

const namesOf = (...names: string[]) => {
  const entries = names.flatMap((name, index) => [...u32(index), ...text(name)]);
  const part = [...u32(names.length), ...entries];
  const bodies = names.flatMap(() => [2, 0, 0x0b]);
  return wasmModule(
    VOID_TYPE,
    section(3, u32(names.length), Array(names.length).fill(0)),
    section(10, u32(names.length), bodies),
    section(0, text('name'), [1], u32(part.length), part),
  );
};
const nameOf = (name: string) => createCodePlaces(namesOf(name), null, () => undefined).nameOf(0);

describe('the names of a module’s functions', () => {
  it('are those of its name section, its exports, its imports, or their numbers', () => {
    const bytes = compileWat('(module (import "h" "i" (func)) (func (export "out")) (func))');
    const places = createCodePlaces(bytes, null, () => undefined);
    assert.deepEqual(
      [0, 1, 2].map((index) => places.nameOf(index)),
      ['h.i', 'out', 'function 2'],
    );
    assert.deepEqual(
      [0, 1, 2].map((index) => places.ownNameOf(index)),
      [undefined, 'out', undefined],
    );
    assert.equal(nameOf('compute'), 'compute');
  });

  const rows: Array<[mangled: string, name: string]> = [
    ['_ZN4core3fmt5write17h0123456789abcdefE', 'core::fmt::write'],
    ['_ZN4demo7compute17h0123456789abcdefE.llvm.123', 'demo::compute'],
    // A part may have an E in it, which ends no name.
    ['_ZN4demo7IoError3new17h0123456789abcdefE', 'demo::IoError::new'],
    ['_ZN4demo6SEEEED1fE', 'demo::SEEEED::f'],
    ['_ZN35_$LT$demo..A$u20$as$u20$core..B$GT$1fE', '_<demo::A$u20$as$u20$core::B>::f'],
    ['_ZN4demo99shortE', '_ZN4demo99shortE'],
    ['_ZNE', '_ZNE'],
    ['_ZN', '_ZN'],
    ['_ZN0E', '_ZN0E'],
    ['_RNvC4demo3foo', '_RNvC4demo3foo'],
  ];
  for (const [mangled, name] of rows) it(`${mangled} is ${name}`, () => assert.equal(nameOf(mangled), name));

  it('take a moment for names that are made to be slow', () => {
    for (const name of [`_ZN${'1'.repeat(10_000)}`, `_ZN${'1a'.repeat(10_000)}`, `_ZN${'12'.repeat(10_000)}E`]) {
      assert.equal(typeof nameOf(name), 'string');
    }
  });

  it('are none of a name section that is broken, and those before the fault', () => {
    const whole = namesOf('a', 'b');
    for (const size of [1, 2, 5]) {
      const cut = Uint8Array.from(whole);
      // The last name claims more bytes than there are.
      cut[cut.length - 2] = 100 + size;
      assert.equal(createCodePlaces(cut, null, () => undefined).nameOf(0), 'a');
    }
  });

  it('are read once, though a subsection claims the names of the others', () => {
    // Each of these has no bytes and a count of two million.
    const claim = [1, 0, 0x80, 0x80, 0x80, 0x01];
    const bytes = wasmModule(section(0, text('name'), Array.from({ length: 50_000 }, () => claim).flat()));
    createCodePlaces(bytes, null, () => undefined);
  });
});

describe('the lines of a module’s code', () => {
  const bytes = compileWat('(module (func (export "f") nop nop nop loop nop end) (func nop))');
  const code = readModule(bytes).sections.find(({ id }) => id === 10)?.offset ?? 0;
  // After the count and the size of the first body.
  const start = code + 2;
  const OWN = '../tasklets/a.ts';
  const LIBRARY = '~lib/x.ts';
  const map = mapOf(
    [
      [start + 2, 0, 10],
      [start + 3, 1, 5],
      [start + 6, 0, 12],
    ],
    [OWN, LIBRARY],
    ['export function compute(): void {\n}\n'],
  );
  const places = createCodePlaces(bytes, map, (file) => (file === LIBRARY ? 'one\ntwo' : undefined));
  const isOwn = (file: string) => file === OWN;

  it('are those at the instruction or before it, in the same function', () => {
    assert.deepEqual(places.lineOf(0, 2), { file: OWN, line: 10, column: 1 });
    assert.deepEqual(places.lineOf(0, 3), { file: LIBRARY, line: 5, column: 1 });
    assert.deepEqual(places.lineOf(0, 5), { file: LIBRARY, line: 5, column: 1 });
    assert.equal(places.lineOf(0, 1), null);
    assert.equal(places.lineOf(1, 1), null);
    assert.equal(places.lineOf(7, 1), null);
  });

  it('of inlined code are the nearest of the wanted file, before or after', () => {
    assert.equal(places.nearLineOf(0, 4, isOwn)?.line, 10);
    assert.equal(places.nearLineOf(0, 1, isOwn)?.line, 10);
    assert.equal(
      places.nearLineOf(0, 4, () => false),
      null,
    );
  });

  it('of a whole function are its first, and those of a loop its first', () => {
    assert.equal(places.wholeOf(0, isOwn)?.line, 10);
    assert.equal(places.wholeOf(1, isOwn), null);
    const inLoop = [...Array(40).keys()].map((at) => places.loopOf(0, at, isOwn)?.line ?? null);
    assert.deepEqual([...new Set(inLoop)], [null, 12]);
  });

  it('are texts of the map, or else of the program, cut to what is looked at', () => {
    assert.equal(places.linesOf(OWN)?.[0], 'export function compute(): void {');
    assert.deepEqual(places.linesOf(LIBRARY), ['one', 'two']);
    assert.equal(places.linesOf('other'), undefined);
    const long = createCodePlaces(bytes, null, () => 'x'.repeat(5_000));
    assert.equal(long.linesOf('x')?.[0]?.length, 1_000);
  });

  it('are none without a map', () => {
    const without = createCodePlaces(bytes, null, () => undefined);
    assert.deepEqual([without.lineOf(0, 2), without.ownLineOf(0, 2), without.wholeOf(0, isOwn)], [null, null, null]);
  });
});

describe('the lines of the program in a function of very many', () => {
  it('are found for each of its instructions', () => {
    const count = 100_000;
    const body = [0, ...Array<number>(count).fill(0x01), 0x0b];
    const bytes = wasmModule(VOID_TYPE, section(3, [1], [0]), section(10, [1], u32(body.length), body));
    const start = bytes.length - body.length;
    const entries = Array.from({ length: count }, (_, at): [number, number, number] => [start + 1 + at, 0, at + 1]);
    const places = createCodePlaces(bytes, mapOf(entries, ['a.ts']), () => undefined);
    const wrong = entries.filter(([offset, , line]) => places.ownLineOf(0, offset - start)?.line !== line);
    assert.deepEqual(wrong, []);
    assert.equal(places.ownLineOf(0, 0)?.line, 1);
  });
});
