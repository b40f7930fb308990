import assert from 'node:assert/strict';
import { balanceOf } from '../../../../wasm/meter/balance.ts';
import { meter } from '../../../../wasm/meter/meter.ts';
import { FUEL_EXPORT } from '../../../../wasm/meter/meteredModule.ts';
import { BinaryReader } from '../../../../wasm/read/binaryReader.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { trapPoint } from '../../../../wasm/settle/trapPoint.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { instantiateMetered, PLENTY } from '../../../helpers/runMetered.ts';

describe('meter: functions that are called', () => {
  /** Index of the function and opcode of the instruction that traps. */
  const trapIn = (bytes: Uint8Array): [functionIndex: number, opcode: number | undefined] => {
    const { metered, exports } = instantiateMetered(bytes);
    (exports[FUEL_EXPORT] as WebAssembly.Global).value = balanceOf(PLENTY);
    try {
      (exports.f as WebAssembly.ExportFunction)();
    } catch (error) {
      assert.ok(error instanceof WebAssembly.RuntimeError);
      const point = trapPoint(metered, error.stack ?? '');
      const code = readModule(bytes).sections.find(({ id }) => id === 10);
      const reader = new BinaryReader(bytes, code?.offset);
      reader.u32();
      for (let body = point?.functionIndex ?? 0; body > 0; body--) reader.skip(reader.u32());
      reader.u32();
      return [point?.functionIndex ?? -1, bytes[reader.pos + (point?.bodyOffset ?? 0)]];
    }
    return assert.fail('no trap');
  };
  const DIVIDE = 0x6e;

  it('are two each, unless they have a tail call, or their type or their locals no room', () => {
    const two = (wat: string) => meter(compileWat(`(module ${wat})`), { memoryMaxPages: 1 }).inner;
    const called = (head: string, body = 'unreachable') =>
      two(`(func (export "f") unreachable call $g) (func $g ${head} ${body})`).length;
    assert.deepEqual(
      two('(func $a) (func $b call $a) (func (export "f") call $b call $c) (func $c call $c)'),
      [0, 1, 3],
    );
    assert.deepEqual(two('(table funcref (elem $a)) (func $a) (func i32.const 0 call_indirect return_call $a)'), []);
    assert.deepEqual([called('', 'return_call $g'), called('', 'nop')], [0, 1]);
    for (const [type, most] of [
      ['param', 16],
      ['result', 4],
      ['local', 127],
    ] as const) {
      const heads = [most, most + 1].map((count) => `(${type} ${'i32 '.repeat(count)})`);
      assert.deepEqual(
        heads.map((head) => called(head)),
        [1, 0],
        type,
      );
    }
  });

  it('stay as they are where a module has no room for more functions or types', () => {
    const u32 = (value: number) => [0, 7, 14].map((shift) => ((value >> shift) & 127) | (shift < 14 ? 128 : 0));
    const section = (id: number, content: Uint8Array) =>
      Buffer.concat([Uint8Array.from([id, ...long(content.length)]), content]);
    const long = (value: number) => [0, 7, 14, 21].map((shift) => ((value >> shift) & 127) | (shift < 21 ? 128 : 0));
    /** The last function calls all others. */
    const module = (types: number, functions: number) => {
      const calls = Buffer.concat(
        Array.from({ length: functions - 1 }, (_, at) => Uint8Array.from([0x10, ...u32(at)])),
      );
      return Buffer.concat([
        Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
        section(1, Uint8Array.from([...u32(types), ...Array.from({ length: types }, () => [0x60, 0, 0]).flat()])),
        section(3, Uint8Array.from([...u32(functions), ...Array.from({ length: functions }, () => 0)])),
        section(
          10,
          Buffer.concat([
            Uint8Array.from(u32(functions)),
            Uint8Array.from(Array.from({ length: functions - 1 }, () => [2, 0, 0x0b]).flat()),
            Uint8Array.from([...long(calls.length + 2), 0]),
            calls,
            Uint8Array.from([0x0b]),
          ]),
        ),
      ]);
    };
    const two = (bytes: Uint8Array) => {
      const metered = meter(bytes, { memoryMaxPages: 1 });
      assert.equal(WebAssembly.validate(metered.bytes), true);
      return metered.inner.length;
    };
    assert.deepEqual([two(module(3_333, 2)), two(module(3_334, 2))], [1, 0]);
    assert.deepEqual([two(module(1, 499_499)), two(module(1, 499_501))], [499_498, 0]);
  }).timeout(20_000);

  it('leave the artifact as it is', () => {
    const bytes = Buffer.from(compileWat('(module (func $g (local i32) local.get 0 drop) (func call $g))'));
    const before = bytes.toString('hex');
    meter(bytes, { memoryMaxPages: 1 });
    assert.equal(bytes.toString('hex'), before);
  });

  it('say where they trap, after calls and locals that moved', () => {
    const rows: Array<[wat: string, index: number]> = [
      ['(func $g (local i32 i64) nop i32.const 1 local.get 0 i32.div_u drop) (func (export "f") call $g)', 0],
      [
        `(func (export "f") call $g) (func $g (local i32 f64) call $h call $h local.get 0 if else call $h end local.get 1 local.get 1 f64.div
             i64.reinterpret_f64 drop loop i32.const 1 local.get 0 i32.div_u br_if 0 end) (func $h)`,
        1,
      ],
      // Of 200 functions, so that an inner one has a longer number.
      [
        `${'(func) '.repeat(5)} (func $g (param i32) (result i32) call 0 call 1 call $h i32.const 1 local.get 0 i32.div_u call 2)
             ${'(func) '.repeat(200)} (func $h call 3) (func (export "f") call 4 i32.const 0 call $g drop)`,
        5,
      ],
    ];
    for (const [wat, index] of rows) assert.deepEqual(trapIn(compileWat(`(module ${wat})`)), [index, DIVIDE], wat);
  });

  it('may be named by a number longer than it need be', () => {
    const section = (id: number, content: number[]) => [id, ...u32(content.length), ...content];
    const u32 = (value: number) => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
    const padded = (value: number, length: number) =>
      Array.from({ length }, (_, at) => ((value >> (7 * at)) & 127) | (at < length - 1 ? 128 : 0));
    const COUNT = 140;
    for (const callee of [3, 135]) {
      for (let length = callee > 127 ? 2 : 1; length <= 5; length++) {
        const call = [0x10, ...padded(callee, length)];
        const calls = [0, ...call, ...call, 0x41, 1, 0x41, 0, DIVIDE, 0x1a, 0x0b];
        const bodies = Array.from({ length: COUNT }, (_, at) => (at === COUNT - 1 ? calls : [0, 1, 0x0b]));
        const bytes = Uint8Array.from([
          ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
          ...section(1, [1, 0x60, 0, 0]),
          ...section(3, [...u32(COUNT), ...bodies.map(() => 0)]),
          ...section(7, [1, 1, 0x66, 0, ...u32(COUNT - 1)]),
          ...section(10, [...u32(COUNT), ...bodies.flatMap((body) => [...u32(body.length), ...body])]),
        ]);
        const outcome = instantiateMetered(bytes).call('f');
        assert.deepEqual([outcome.fuelUsed, outcome.trap], [7, 'divide by zero'], `${callee} in ${length} bytes`);
        assert.deepEqual(trapIn(bytes), [COUNT - 1, DIVIDE], `${callee} in ${length} bytes`);
      }
    }
  });

  it('let a host function see exact fuel, however deep they are', () => {
    const wat = `(module (import "h" "f" (func $h (param i32)))
        (func $b (param i32) (result i32) nop local.get 0 call $h local.get 0 i32.const 1 i32.add)
        (func $a (param i32) (result i32) nop nop local.get 0 call $b call $b)
        (func (export "f") (result i32) i32.const 10 call $a call $a))`;
    const seen: Array<[number, number]> = [];
    const instance = instantiateMetered(compileWat(wat), {
      h: { f: (x: number) => seen.push([x, instance.used()]) },
    });
    // const, call; nop, nop, get, call; nop, get, call of the host; get, const, add; call; and so
    // on.
    const all = [
      [10, 9],
      [11, 16],
      [12, 27],
      [13, 34],
    ] as const;
    const total = 3 + 2 * (5 + 2 * 6);
    for (let budget = 0; budget <= total; budget++) {
      seen.length = 0;
      const outcome = instance.call('f', [], budget);
      assert.deepEqual([outcome.exhausted, outcome.fuelUsed], [budget < total, budget]);
      assert.deepEqual(
        seen,
        all.filter(([, used]) => used <= budget),
        `budget ${budget}`,
      );
    }
  });

  it('may be the start function, exported, and in tables', () => {
    const wat = `(module (global $n (export "n") (mut i32) (i32.const 0)) (start $s)
        (func $s (export "s") (global.set $n (i32.add (global.get $n) (i32.const 1)))) (func (export "f") call $s call $s))`;
    const instance = instantiateMetered(compileWat(wat));
    assert.deepEqual(instance.metered.inner, [0]);
    const { value: before } = instance.exports.n as WebAssembly.Global;
    const used = [undefined, 's', 'f'].map((name) => instance.call(name).fuelUsed);
    assert.deepEqual([before, used, (instance.exports.n as WebAssembly.Global).value], [0, [4, 4, 10], 4]);
  });

  it('end as exhausted and too deep at the same call, through a table and directly in turn', () => {
    const wat = `(module (type $t (func)) (table funcref (elem $b)) (func $a (export "f") nop i32.const 0 call_indirect)
        (func $b nop nop call $a))`;
    const instance = instantiateMetered(compileWat(wat));
    const deep = instance.call('f', [], PLENTY, 100);
    assert.deepEqual([deep.tooDeep, deep.fuelUsed], [true, 300]);
    for (const budget of [0, 1, 2, 3, 5, 150, 299]) {
      const { exhausted, tooDeep, fuelUsed } = instance.call('f', [], budget, 100);
      assert.deepEqual([exhausted, tooDeep, fuelUsed], [true, false, budget]);
    }
  });
});
