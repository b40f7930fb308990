import assert from 'node:assert/strict';
import fc from 'fast-check';
import { balanceOf } from '../../../../wasm/meter/balance.ts';
import { meter } from '../../../../wasm/meter/meter.ts';
import { FUEL_EXPORT, START_EXPORT } from '../../../../wasm/meter/meteredModule.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { WasmInvalidError } from '../../../../wasm/read/wasmInvalid.ts';
import { trapPoint } from '../../../../wasm/settle/trapPoint.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { generateProgram } from '../../../helpers/generateProgram.ts';
import { instantiateMetered } from '../../../helpers/runMetered.ts';

describe('meter', () => {
  it('ends an endless loop and an endless recursion', () => {
    for (const wat of ['(func (export "f") (loop (br 0)))', '(func $f (export "f") (return_call $f))']) {
      const outcome = instantiateMetered(compileWat(`(module ${wat})`)).call('f', [], 500_000);
      assert.equal(outcome.exhausted, true);
      assert.equal(outcome.fuelUsed, 500_000);
    }
    const deep = instantiateMetered(compileWat('(module (func $f (export "f") (call $f)))')).call('f', [], 300);
    assert.deepEqual([deep.exhausted, deep.fuelUsed], [true, 300]);
  });

  it('grows memory only when that is paid for', () => {
    const instance = instantiateMetered(
      compileWat('(module (memory (export "m") 1) (func (export "f") nop i32.const 1 memory.grow drop))'),
    );
    const pages = () => (instance.exports.m as WebAssembly.Memory).buffer.byteLength / 65_536;
    assert.equal(instance.call('f', [], 2).exhausted, true);
    assert.equal(pages(), 1);
    assert.equal(instance.call('f', [], 3).exhausted, true);
    assert.equal(pages(), 2);
  });

  it('bounds what may run past the budget', () => {
    // A large leaf called in a loop, and small leaves called many times without one.
    const large = `(func $leaf ${'nop '.repeat(500)})`;
    const seen = instantiateMetered(
      compileWat(`(module ${large} (global $n (export "n") (mut i32) (i32.const 0))
        (func (export "f") ${'(global.set $n (i32.add (global.get $n) (i32.const 1))) call $leaf '.repeat(50)}))`),
    );
    const outcome = seen.call('f', [], 1000);
    assert.equal(outcome.exhausted, true);
    // Two calls are paid for; the third leaf is entered with the balance above zero at most, the
    // fourth never runs.
    assert.ok((seen.exports.n as WebAssembly.Global).value <= 4);
  });

  it('says where a trap happened in the original module', () => {
    const bytes = compileWat(
      '(module (import "h" "f" (func)) (func) (func $f (export "f") (param i32) (local i64) loop local.get 0 br_if 0 call 0 end i32.const 1 i32.const 0 i32.div_u drop))',
    );
    const { metered, exports } = instantiateMetered(bytes, { h: { f: () => {} } });
    (exports[FUEL_EXPORT] as WebAssembly.Global).value = balanceOf(100);
    try {
      (exports.f as WebAssembly.ExportFunction)(0);
      assert.fail('no trap');
    } catch (error) {
      assert.ok(error instanceof WebAssembly.RuntimeError);
      const point = trapPoint(metered, error.stack ?? '');
      assert.equal(point?.functionIndex, 2);
      // 0x6e is i32.div_u: its place in the original, from the start of the body (after the size
      // byte).
      const code = readModule(bytes).sections.at(-1);
      const body = bytes.subarray((code?.offset ?? 0) + 1 + 3 + 1);
      assert.equal(body[point?.bodyOffset ?? 0], 0x6e);
    }
  });

  it('does not let a name section into the stack that refunds are read from', () => {
    const bytes = compileWat('(module (func $evil:wasm-function (export "f") nop unreachable))', { names: true });
    assert.ok(readModule(bytes).customSections.length > 0);
    assert.deepEqual(readModule(meter(bytes, { memoryMaxPages: 1 }).bytes).customSections, []);
    assert.equal(instantiateMetered(bytes).call('f').fuelUsed, 2);
  });

  it('turns the start section into an export whose fuel counts', () => {
    const instance = instantiateMetered(
      compileWat(
        '(module (global $g (export "g") (mut i32) (i32.const 0)) (func $s (global.set $g (i32.const 5))) (start $s))',
      ),
    );
    assert.equal(instance.metered.startExport, START_EXPORT);
    const global = instance.exports.g as WebAssembly.Global;
    assert.equal(global.value, 0);
    assert.equal(instance.call(undefined).fuelUsed, 2);
    assert.equal(global.value, 5);
    assert.equal(instantiateMetered(compileWat('(module)')).metered.startExport, null);
  });

  it('refuses a body that outgrows the engine once it is metered, by name', () => {
    // if nop end, over and over: three regions for every six bytes.
    const rounds = 900_000;
    const body = new Uint8Array(1 + rounds * 6 + 1);
    for (let i = 0, at = 1; i < rounds; i++, at += 6) body.set([0x41, 0, 0x04, 0x40, 0x01, 0x0b], at);
    body[body.length - 1] = 0x0b;
    const size = (n: number) => [(n & 0x7f) | 0x80, ((n >> 7) & 0x7f) | 0x80, ((n >> 14) & 0x7f) | 0x80, n >> 21];
    const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0];
    const bytes = Uint8Array.from([...head, 10, ...size(body.length + 5), 1, ...size(body.length), ...body]);
    assert.throws(() => meter(bytes, { memoryMaxPages: 1 }), { reason: 'limit', message: /once it is metered/ });
  });

  it('makes a valid module of every altered one that is valid, or refuses it by WasmInvalidError', () => {
    const programs = [1, 2, 3].map((seed) =>
      compileWat(generateProgram(Array.from({ length: 200 }, (_, at) => (at * at * 7919 * seed) % 10_007))),
    );
    let valid = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...programs),
        fc.array(fc.tuple(fc.nat(10_000), fc.nat(255)), { minLength: 1, maxLength: 2 }),
        (program, changes) => {
          const altered = program.slice();
          for (const [at, byte] of changes) altered[at % altered.length] = byte;
          if (!WebAssembly.validate(altered)) return;
          try {
            const { bytes } = meter(altered, { memoryMaxPages: 65_536 });
            valid++;
            assert.equal(WebAssembly.validate(bytes), true);
          } catch (error) {
            assert.ok(error instanceof WasmInvalidError, String(error));
          }
        },
      ),
      { numRuns: 4000 },
    );
    assert.ok(valid > 200, `only ${valid} altered modules were valid`);
  });
});
