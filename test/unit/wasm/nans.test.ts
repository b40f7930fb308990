import assert from 'node:assert/strict';
import { compileWat } from '../../helpers/compileWat.ts';
import { instantiateMetered } from '../../helpers/runMetered.ts';

const F32 = 0x7fc0_0000n;
const F64 = 0x7ff8_0000_0000_0000n;
const BOTH = (F64 << 64n) | F64;

interface Row {
  what: string;
  /**
   * Body of a function that may write 16 bytes to address 0. `$zero` is a global of 0, `$nan` one
   * of a NaN with bits of its own.
   */
  body: string;
  /** The 16 bytes as one number. */
  bits: bigint;
}

/**
 * Operations whose answer differs between x86-64 and ARM processors, or between engines that choose
 * which operand's bits to keep.
 */
const ZERO = '(global.get $zero)';
const MADE = `(f64.div ${ZERO} ${ZERO})`;
const OWN = '0x7ff4000000abcdef';
const ROWS: Row[] = [
  { what: 'stored', body: `(f64.store (i32.const 0) ${MADE})`, bits: F64 },
  { what: 'stored as f32', body: `(f32.store (i32.const 0) (f32.demote_f64 ${MADE}))`, bits: F32 },
  {
    what: 'reinterpreted',
    body: `(i64.store (i32.const 0) (i64.reinterpret_f64 (f64.sqrt (f64.const -1))))`,
    bits: F64,
  },
  {
    what: 'seen by copysign',
    body: `(f64.store (i32.const 0) (f64.copysign (f64.const 1) ${MADE}))`,
    bits: 0x3ff0_0000_0000_0000n,
  },
  { what: 'negated, which is exact', body: `(f64.store (i32.const 0) (f64.neg ${MADE}))`, bits: F64 | (1n << 63n) },
  {
    what: 'made of one with bits of its own',
    body: '(f64.store (i32.const 0) (f64.add (global.get $nan) (f64.const 1)))',
    bits: F64,
  },
  { what: 'rounded', body: '(f64.store (i32.const 0) (f64.nearest (global.get $nan)))', bits: F64 },
  { what: 'of f64.min', body: '(f64.store (i32.const 0) (f64.min (f64.const 1) (global.get $nan)))', bits: F64 },
  {
    what: 'added up in a local',
    body: `(local f64 i32) (local.set 0 (f64.const 0)) (loop (local.set 0 (f64.add (local.get 0) ${MADE}))
      (br_if 0 (i32.lt_s (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 3))))
      (f64.store (i32.const 0) (local.get 0))`,
    bits: F64,
  },
  {
    what: 'in a local and left on the stack',
    body: `(local f64) (f64.store (i32.const 0) (local.tee 0 ${MADE})) (f64.store (i32.const 8) (local.get 0))`,
    bits: BOTH,
  },
  {
    what: 'in a local that holds other floats too',
    body: `(local f64) (local.set 0 (f64.load (i32.const 0))) (local.set 0 ${MADE}) (f64.store (i32.const 0) (local.get 0))`,
    bits: F64,
  },
  {
    what: 'moved from local to local',
    body: `(local f64 f64) (local.set 0 ${MADE}) (local.set 1 (local.get 0)) (f64.store (i32.const 0) (local.get 1))`,
    bits: F64,
  },
  { what: 'out of a block', body: `(f64.store (i32.const 0) (block (result f64) ${MADE}))`, bits: F64 },
  {
    what: 'carried by a branch',
    body: `(f64.store (i32.const 0) (block (result f64) (drop (br_if 0 ${MADE} (i32.const 1))) (f64.const 1)))`,
    bits: F64,
  },
  {
    what: 'out of an arm',
    body: `(f64.store (i32.const 0) (if (result f64) (i32.const 1) (then ${MADE}) (else (f64.const 1))))`,
    bits: F64,
  },
  {
    what: 'carried round a loop',
    body: `(local i32) (i32.const 0) (f64.const 1) (loop (param f64) (result f64) (f64.div (f64.const 0)) drop ${MADE}
      (br_if 0 (i32.lt_s (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 3)))) f64.store`,
    bits: F64,
  },
  { what: 'given to a function', body: `(call $store ${MADE})`, bits: F64 },
  { what: 'given by a function', body: '(f64.store (i32.const 0) (call $make))', bits: F64 },
  { what: 'in a global', body: `(global.set $zero ${MADE}) (f64.store (i32.const 0) (global.get $zero))`, bits: F64 },
  { what: 'chosen', body: `(f64.store (i32.const 0) (select ${MADE} (f64.const 1) (i32.const 1)))`, bits: F64 },
  {
    what: 'in lanes',
    body: '(v128.store (i32.const 0) (f64x2.div (f64x2.splat (global.get $zero)) (f64x2.splat (global.get $zero))))',
    bits: BOTH,
  },
  {
    what: 'in one lane only',
    body: `(v128.store (i32.const 0) (f64x2.div (v128.const f64x2 0 3) (v128.const f64x2 0 2)))`,
    bits: (0x3ff8_0000_0000_0000n << 64n) | F64,
  },
  {
    what: 'in four lanes',
    body: '(v128.store (i32.const 0) (f32x4.sqrt (v128.const f32x4 -1 4 -1 4)))',
    bits: (0x4000_0000n << 96n) | (F32 << 64n) | (0x4000_0000n << 32n) | F32,
  },
  {
    what: 'in lanes that are read as others',
    body: '(i64.store (i32.const 0) (i64x2.extract_lane 1 (i64x2.add (v128.const i64x2 0 0) (f64x2.sqrt (v128.const f64x2 -1 -1)))))',
    bits: F64,
  },
  {
    what: 'added up in a vector',
    body: `(local v128) (local.set 0 (f64x2.splat (f64.const 0)))
      (local.set 0 (f64x2.add (local.get 0) (f64x2.sqrt (v128.const f64x2 -1 4)))) (v128.store (i32.const 0) (local.get 0))`,
    bits: (0x4000_0000_0000_0000n << 64n) | F64,
  },
  // What only moves bits keeps them.
  {
    what: 'left as it is by load and store',
    body: `(f64.store (i32.const 0) (f64.load (i32.const 32)))`,
    bits: BigInt(OWN),
  },
  {
    what: 'left as it is in a local',
    body: '(local f64) (local.set 0 (f64.load (i32.const 32))) (f64.store (i32.const 0) (local.get 0))',
    bits: BigInt(OWN),
  },
  {
    what: 'left as it is by neg',
    body: '(f64.store (i32.const 0) (f64.neg (global.get $nan)))',
    bits: BigInt(OWN) | (1n << 63n),
  },
  {
    what: 'left as it is by pmin',
    body: '(v128.store (i32.const 0) (f64x2.pmin (f64x2.splat (global.get $nan)) (v128.const f64x2 1 1)))',
    bits: (BigInt(OWN) << 64n) | BigInt(OWN),
  },
  {
    what: 'left as it is as a constant',
    body: '(f32.store (i32.const 0) (f32.const -nan:0x200001))',
    bits: 0xffa0_0001n,
  },
];

describe('a NaN', () => {
  for (const { what, body, bits } of ROWS) {
    it(`${what}: the same bits everywhere, once compiled and optimised`, () => {
      const bytes = compileWat(`(module (memory (export "memory") 1) (global $zero (mut f64) (f64.const 0))
        (global $nan f64 (f64.const nan:0x4000000abcdef))
        (data (i32.const 32) "\\ef\\cd\\ab\\00\\00\\00\\f4\\7f")
        (func $store (param f64) (f64.store (i32.const 0) (local.get 0)))
        (func $make (result f64) ${MADE})
        (func (export "f") ${body}))`);
      const instance = instantiateMetered(bytes);
      const view = new DataView((instance.exports.memory as WebAssembly.Memory).buffer);
      for (let round = 0; round < 200; round++) {
        const { trap, exhausted } = instance.call('f');
        assert.deepEqual([trap, exhausted], [undefined, false]);
        const seen = (view.getBigUint64(8, true) << 64n) | view.getBigUint64(0, true);
        assert.equal(`0x${seen.toString(16)}`, `0x${bits.toString(16)}`);
      }
    });
  }

  it('costs no fuel', () => {
    const body = '(f64.store (i32.const 0) (f64.div (f64.const 0) (f64.const 0)))';
    const instance = instantiateMetered(
      compileWat(`(module (memory 1) (func (export "f") ${body} (i32.load (i32.const -1)) drop))`),
    );
    assert.equal(instance.call('f').fuelUsed, 5 + 2);
    assert.deepEqual([instance.call('f', [], 7).exhausted, instance.call('f', [], 6).exhausted], [false, true]);
  });
});
