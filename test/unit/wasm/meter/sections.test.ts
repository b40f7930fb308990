import assert from 'node:assert/strict';
import { ByteWriter } from '../../../../wasm/meter/byteWriter.ts';
import { type SectionEdit, spliceSections } from '../../../../wasm/meter/sections.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { SECTION } from '../../../../wasm/read/section.ts';
import { compileWat } from '../../../helpers/compileWat.ts';

function splice(source: Uint8Array, edits: Array<[id: number, edit: SectionEdit]>): Uint8Array {
  const out = new ByteWriter(0);
  spliceSections(out, source, readModule(source).sections, new Map(edits));
  return out.written();
}

const entriesOf = (...bytes: number[]) => {
  const entries = new ByteWriter(0);
  entries.append(bytes);
  return entries;
};
/** A mutable i64 that begins with 0. */
const GLOBAL = [0x7e, 1, 0x42, 0, 0x0b];
const extend = (count: number, ...bytes: number[]): SectionEdit => ({
  kind: 'extend',
  count,
  entries: entriesOf(...bytes),
});

describe('sections of a module', () => {
  it('are copied byte for byte where none is changed', () => {
    const source = compileWat(
      '(module (type (func)) (import "a" "b" (func)) (memory 1) (global i32 (i32.const 1)) (func) (data "x"))',
    );
    assert.deepEqual(splice(source, []), new Uint8Array(source));
  });

  it('get entries at their end, so that all indices stay', () => {
    const source = compileWat('(module (global $a i32 (i32.const 1)) (export "a" (global $a)))');
    const { globals, exports } = readModule(splice(source, [[SECTION.global, extend(1, ...GLOBAL)]]));
    assert.deepEqual(globals, [
      { type: 'i32', mutable: false },
      { type: 'i64', mutable: true },
    ]);
    assert.deepEqual(exports, [{ name: 'a', kind: 'global', index: 0 }]);
  });

  it('that are missing are made where they belong: in front, between others, and at the end', () => {
    for (const wat of [
      '(module)',
      '(module (func nop))',
      '(module (type (func)))',
      '(module (memory 1))',
      '(module (memory 1) (data (i32.const 0) "x"))',
      '(module (memory 1) (data "x") (func data.drop 0))',
      '(module (table 1 funcref) (elem (i32.const 0) func))',
    ]) {
      const bytes = splice(compileWat(wat), [
        [SECTION.export, extend(1, 1, 0x67, 3, 0)],
        [SECTION.global, extend(1, ...GLOBAL)],
      ]);
      assert.equal(WebAssembly.validate(Uint8Array.from(bytes)), true, wat);
      assert.deepEqual(readModule(bytes).exports, [{ name: 'g', kind: 'global', index: 0 }], wat);
    }
  });

  it('are left out, and rewritten with a size of their own', () => {
    const source = compileWat('(module (func $s) (memory 1) (start $s))');
    const [type] = readModule(source).sections;
    const rewrite: SectionEdit = {
      kind: 'rewrite',
      write: (out, section) => {
        out.u32Wide(section.size, 5);
        out.copy(source, section.offset, section.offset + section.size);
      },
    };
    const bytes = splice(source, [
      [SECTION.start, { kind: 'drop' }],
      [SECTION.type, rewrite],
    ]);
    const module = readModule(bytes);
    assert.deepEqual([module.start, module.memories.length], [null, 1]);
    assert.equal(module.sections[0]?.offset, (type?.offset ?? 0) + 4);
  });

  it('that are to be left out or rewritten need not be there', () => {
    const source = compileWat('(module)');
    const rewrite: SectionEdit = { kind: 'rewrite', write: () => assert.fail('there is no table') };
    const edits: Array<[number, SectionEdit]> = [
      [SECTION.start, { kind: 'drop' }],
      [SECTION.table, rewrite],
    ];
    assert.deepEqual(splice(source, edits), new Uint8Array(source));
  });

  it('of custom names are left out', () => {
    const named = compileWat('(module (func $f))', { names: true });
    assert.ok(readModule(named).customSections.length > 0);
    assert.deepEqual(readModule(splice(named, [])).customSections, []);
  });
});
