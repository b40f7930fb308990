import assert from 'node:assert/strict';
import { meter } from '../../../../wasm/meter/meter.ts';
import { FUEL_EXPORT, MEMORY_IMPORT, START_EXPORT } from '../../../../wasm/meter/meteredModule.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { WasmInvalidError } from '../../../../wasm/read/wasmInvalid.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { instantiateMetered } from '../../../helpers/runMetered.ts';

describe('meter: module parts', () => {
  const refused = (wat: string, memoryMaxPages = 10) => {
    try {
      meter(compileWat(wat), { memoryMaxPages });
      return 'taken';
    } catch (error) {
      assert.ok(error instanceof WasmInvalidError);
      return error.reason;
    }
  };
  const memoryOf = (wat: string, memoryMaxPages: number) =>
    readModule(meter(compileWat(wat), { memoryMaxPages }).bytes).memories;

  it('cap the memory maximum', () => {
    assert.deepEqual(memoryOf('(module (memory 1))', 10), [{ min: 1, max: 10 }]);
    assert.deepEqual(memoryOf('(module (memory 1 5))', 10), [{ min: 1, max: 5 }]);
    assert.deepEqual(memoryOf('(module (memory 1 500))', 10), [{ min: 1, max: 10 }]);
    assert.deepEqual(memoryOf('(module)', 10), []);
    assert.equal(refused('(module (memory 11))'), 'memory_above_limit');
    assert.equal(refused('(module (memory 10))'), 'taken');
  });

  it('take their memory from whoever instantiates them, and keep an imported one', () => {
    const bytes = compileWat(
      '(module (import "h" "f" (func)) (memory (export "memory") 2 9) (data (i32.const 65536) "x"))',
    );
    const metered = meter(bytes, { memoryMaxPages: 7 });
    assert.deepEqual(metered.memory, { min: 2, max: 7 });
    assert.deepEqual(
      readModule(metered.bytes).imports.map(({ module, name, type }) => [module, name, type.kind]),
      [
        ['h', 'f', 'func'],
        [MEMORY_IMPORT.module, MEMORY_IMPORT.name, 'memory'],
      ],
    );
    const { exports } = instantiateMetered(bytes, { h: { f: () => {} } }, 7);
    assert.equal(new Uint8Array((exports.memory as WebAssembly.Memory).buffer)[65_536], 0x78);
    const foreign = meter(compileWat('(module (import "h" "m" (memory 1)))'), { memoryMaxPages: 7 });
    assert.equal(foreign.memory, null);
    assert.deepEqual(readModule(foreign.bytes).memories, [{ min: 1, max: null }]);
  });

  it('call what can be interrupted before a bulk instruction in a loop, and it costs nothing', () => {
    const body = (inner: string) => compileWat(`(module (memory 1) (func (export "f") (param $n i32) ${inner}))`);
    const fill = '(memory.fill (i32.const 0) (i32.const 7) (i32.const 9))';
    const looped = `(loop $on ${fill} (br_if $on (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))`;
    const { metered, call } = instantiateMetered(body(looped));
    assert.equal(metered.interruptFunction, 1);
    assert.equal(call('f', [10]).fuelUsed, 90);
    const calls = ({ bytes }: { bytes: Uint8Array }) =>
      bytes.filter((byte, at) => byte === 0x10 && bytes[at + 1] === 1).length;
    // One is the function's own.
    assert.equal(calls(metered), 2);
    assert.equal(calls(instantiateMetered(body(fill)).metered), 1);
    const traps =
      '(loop $on (memory.fill (local.get $n) (i32.const 7) (i32.const 9)) (local.set $n (i32.const -1)) (br $on))';
    assert.deepEqual(
      [3, 65_530].map((start) => instantiateMetered(body(traps)).call('f', [start]).fuelUsed),
      [11, 4],
    );
  });

  it('make memory.grow past the cap return -1', () => {
    const grow = '(module (memory 1) (func (export "f") (param i32) (result i32) (memory.grow (local.get 0))))';
    const instance = instantiateMetered(compileWat(grow), {}, 3);
    assert.deepEqual(
      [2, 1, 0].map((pages) => instance.call('f', [pages]).result),
      [1, -1, 3],
    );
  });

  it('cap what tables may grow to, together', () => {
    const { tables } = readModule(
      meter(compileWat('(module (table 10 funcref) (table 20 30 externref))'), { memoryMaxPages: 1 }).bytes,
    );
    assert.deepEqual(
      tables.map((table) => table.limits),
      [
        { min: 10, max: 499_995 },
        { min: 20, max: 30 },
      ],
    );
  });

  it('keep their indices and their order whatever sections are missing', () => {
    for (const wat of [
      '(module)',
      '(module (func nop))',
      '(module (memory 1) (data (i32.const 0) "x"))',
      '(module (memory 1) (data "x") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1))))',
      '(module (table 1 funcref) (func $f) (elem (i32.const 0) $f))',
      '(module (global i32 (i32.const 1)) (func (export "f") (result i32) global.get 0))',
      '(module (import "a" "b" (global (mut i64))) (func (export "f") (result i64) global.get 0))',
      '(module (func $s nop) (start $s))',
    ]) {
      const metered = meter(compileWat(wat), { memoryMaxPages: 10 });
      assert.equal(WebAssembly.validate(metered.bytes), true, wat);
      const module = readModule(metered.bytes);
      assert.deepEqual(module.globals.at(-1), { type: 'i64', mutable: true });
      assert.deepEqual(
        module.exports.find(({ name }) => name === FUEL_EXPORT),
        { name: FUEL_EXPORT, kind: 'global', index: metered.fuelGlobal },
      );
    }
  });

  it('must not export what the meter exports', () => {
    for (const name of [FUEL_EXPORT, START_EXPORT]) {
      assert.equal(refused(`(module (func (export "${name}")))`), 'reserved_export');
    }
  });

  it('are refused when the meter does not know them, though V8 does', () => {
    const atomicFence = Uint8Array.from([
      0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 7, 1, 5, 0, 0xfe, 3, 0, 0x0b,
    ]);
    assert.equal(WebAssembly.validate(atomicFence), true);
    assert.throws(() => meter(atomicFence, { memoryMaxPages: 1 }), { reason: 'unsupported', feature: 'threads' });
  });
});
