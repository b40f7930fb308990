import assert from 'node:assert/strict';
import { FD_IMMEDIATES, Immediate } from '../../../wasm/read/opcodes.ts';
import { compileWat } from '../../helpers/compileWat.ts';
import { instantiateMetered } from '../../helpers/runMetered.ts';
import {
  type Callable,
  FuelMeter,
  type InterpretedMemory,
  InterpreterInstance,
} from '../../helpers/wasmInterpreter.ts';

/** Every fixed-width SIMD instruction by its name, as (operands) -> result; `v` is v128. */
const SIGNATURES: Array<[operands: string, result: string, names: string]> = [
  ['vv', 'v', 'i8x16.swizzle v128.and v128.andnot v128.or v128.xor'],
  ['vvv', 'v', 'v128.bitselect'],
  ['v', 'i32', 'v128.any_true i8x16.all_true i16x8.all_true i32x4.all_true i64x2.all_true'],
  ['v', 'i32', 'i8x16.bitmask i16x8.bitmask i32x4.bitmask i64x2.bitmask'],
  ['v', 'v', 'v128.not i8x16.popcnt f32x4.demote_f64x2_zero f64x2.promote_low_f32x4'],
  ['i32', 'v', 'i8x16.splat i16x8.splat i32x4.splat'],
  ['i64', 'v', 'i64x2.splat'],
  ['f32', 'v', 'f32x4.splat'],
  ['f64', 'v', 'f64x2.splat'],
  ...['i8x16', 'i16x8', 'i32x4'].map((shape): [string, string, string] => [
    'vv',
    'v',
    all(shape, 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u min_s min_u max_s max_u add sub'),
  ]),
  ['vv', 'v', all('i64x2', 'eq ne lt_s gt_s le_s ge_s add sub mul')],
  ['vv', 'v', 'i16x8.mul i32x4.mul i32x4.dot_i16x8_s i16x8.q15mulr_sat_s i8x16.avgr_u i16x8.avgr_u'],
  ['vv', 'v', 'i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u'],
  ...['i8x16', 'i16x8'].map((shape): [string, string, string] => [
    'vv',
    'v',
    all(shape, 'add_sat_s add_sat_u sub_sat_s sub_sat_u'),
  ]),
  ...['i8x16', 'i16x8', 'i32x4', 'i64x2'].flatMap(
    (shape): Array<[string, string, string]> => [
      ['v', 'v', all(shape, 'abs neg')],
      ['vn', 'v', all(shape, 'shl shr_s shr_u')],
    ],
  ),
  ...[
    ['i16x8', 'i8x16'],
    ['i32x4', 'i16x8'],
    ['i64x2', 'i32x4'],
  ].flatMap(
    ([wide, narrow]): Array<[string, string, string]> => [
      [
        'v',
        'v',
        ['low', 'high'].flatMap((end) => ['s', 'u'].map((sign) => `${wide}.extend_${end}_${narrow}_${sign}`)).join(' '),
      ],
      [
        'vv',
        'v',
        ['low', 'high'].flatMap((end) => ['s', 'u'].map((sign) => `${wide}.extmul_${end}_${narrow}_${sign}`)).join(' '),
      ],
    ],
  ),
  ['v', 'v', 'i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u'],
  ['v', 'v', 'i32x4.extadd_pairwise_i16x8_s i32x4.extadd_pairwise_i16x8_u'],
  ...['f32x4', 'f64x2'].flatMap(
    (shape): Array<[string, string, string]> => [
      ['vv', 'v', all(shape, 'eq ne lt gt le ge add sub mul div min max pmin pmax')],
      ['v', 'v', all(shape, 'abs neg sqrt ceil floor trunc nearest')],
    ],
  ),
  ['v', 'v', 'i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u'],
  [
    'v',
    'v',
    'i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u',
  ],
];
/** Instructions with something written in them; the text ends in what they leave on the stack. */
const WRITTEN: Array<[text: string, result: string]> = [
  ['(i8x16.shuffle 0 31 2 17 16 5 6 30 8 9 24 11 12 3 14 15 V V)', 'v'],
  ['(v128.const i32x4 1 -2 0x7fffffff 4)', 'v'],
  ['(v128.load offset=1 A)', 'v'],
  ...[
    '8x8_s',
    '8x8_u',
    '16x4_s',
    '16x4_u',
    '32x2_s',
    '32x2_u',
    '8_splat',
    '16_splat',
    '32_splat',
    '64_splat',
    '32_zero',
    '64_zero',
  ].map((kind): [string, string] => [`(v128.load${kind} offset=3 A)`, 'v']),
  ...[8, 16, 32, 64].flatMap((bits): Array<[string, string]> => {
    const last = 128 / bits - 1;
    return [
      [`(v128.load${bits}_lane offset=5 ${last} A V)`, 'v'],
      [`(v128.load${bits}_lane 0 A V)`, 'v'],
      [`(v128.store${bits}_lane offset=300 ${last} A V)`, 'none'],
    ];
  }),
  ['(v128.store offset=301 A V)', 'none'],
  ['(i8x16.extract_lane_s 15 V)', 'i32'],
  ['(i8x16.extract_lane_u 1 V)', 'i32'],
  ['(i16x8.extract_lane_s 7 V)', 'i32'],
  ['(i16x8.extract_lane_u 2 V)', 'i32'],
  ['(i32x4.extract_lane 3 V)', 'i32'],
  ['(i64x2.extract_lane 1 V)', 'i64'],
  ['(f32x4.extract_lane 2 V)', 'f32'],
  ['(f64x2.extract_lane 1 V)', 'f64'],
  ['(i8x16.replace_lane 15 V N)', 'v'],
  ['(i16x8.replace_lane 3 V N)', 'v'],
  ['(i32x4.replace_lane 2 V N)', 'v'],
  ['(i64x2.replace_lane 1 V (i64.load (i32.const 40)))', 'v'],
  ['(f32x4.replace_lane 1 V (f32.load (i32.const 40)))', 'v'],
  ['(f64x2.replace_lane 0 V (f64.load (i32.const 40)))', 'v'],
];

function all(shape: string, names: string): string {
  return names
    .split(' ')
    .map((name) => `${shape}.${name}`)
    .join(' ');
}

const RESULT_AT = 256;
const OPERANDS: Record<string, string> = {
  V: '(v128.load (i32.const 0))',
  n: '(i32.load (i32.const 48))',
  i32: '(i32.load (i32.const 40))',
  i64: '(i64.load (i32.const 40))',
  f32: '(f32.load (i32.const 40))',
  f64: '(f64.load (i32.const 40))',
};
const stored = (result: string, text: string) =>
  result === 'none' ? text : `(${result === 'v' ? 'v128' : result}.store (i32.const ${RESULT_AT}) ${text})`;

/**
 * Each instruction as the body of an exported function that takes its operands from memory and
 * leaves its result there.
 */
const BODIES = new Map<string, string>([
  ...SIGNATURES.flatMap(([operands, result, names]) =>
    names.split(' ').map((name): [string, string] => {
      const vectors = /^[vn]+$/.test(operands);
      const given = vectors
        ? [...operands].map((one, at) => (one === 'n' ? OPERANDS.n : `(v128.load (i32.const ${16 * at}))`)).join(' ')
        : OPERANDS[operands];
      return [name, stored(result, `(${name} ${given})`)];
    }),
  ),
  ...WRITTEN.map(([text, result]): [string, string] => [
    text,
    stored(
      result,
      text
        .replace('V V', '(v128.load (i32.const 0)) (v128.load (i32.const 16))')
        .replace(/V/g, OPERANDS.V as string)
        .replace(/ A/g, ' (i32.const 60)')
        .replace(/ N/g, ` ${OPERANDS.i32}`),
    ),
  ]),
]);

/** Numbers at the edges of each lane width, as bytes. */
const EDGES = [
  [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x00, 0x00, 0x80, 0x7f, 0x00, 0x00, 0xf0, 0x7f], // infinities
  [0x01, 0x00, 0x80, 0x7f, 0x00, 0x00, 0xf8, 0xff], // NaN
  [0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x20, 0x40], // -0 and 2.5 as f32
  [0x00, 0x00, 0x00, 0xbf, 0x00, 0x00, 0xc0, 0x3f], // -0.5 and 1.5
  [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x40], // 2.5
  [0x00, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xef, 0x41], // near 2 ** 32
  [0xff, 0x7f, 0x00, 0x80, 0xff, 0x7f, 0x01, 0x80],
];

/** The same 128 bytes for a given round: edges, and what a linear congruential generator gives. */
function operands(round: number): Uint8Array {
  const bytes = new Uint8Array(128);
  let state = round * 2_654_435_761 + 1;
  for (let at = 0; at < bytes.length; at += 8) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const edge = EDGES[(state >>> 8) % (2 * EDGES.length)];
    for (let byte = 0; byte < 8; byte++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      bytes[at + byte] = edge?.[byte] ?? state >>> 24;
    }
  }
  return bytes;
}

/**
 * A NaN's bits are the engine's choice where an instruction makes one: every NaN lane becomes the
 * same.
 */
function withoutNanBits(name: string, bytes: Uint8Array): string {
  const view = new DataView(bytes.slice().buffer);
  const width = /^\(?f64/.test(name) ? 8 : /^\(?f32/.test(name) ? 4 : 0;
  for (let at = 0; width > 0 && at + width <= view.byteLength; at += width) {
    if (width === 4 && Number.isNaN(view.getFloat32(at, true))) view.setUint32(at, 0x7fc0_0000, true);
    if (width === 8 && Number.isNaN(view.getFloat64(at, true))) view.setBigUint64(at, 0x7ff8_0000_0000_0000n, true);
  }
  return Buffer.from(view.buffer).toString('hex');
}

describe('the reference interpreter, SIMD', () => {
  const names = [...BODIES.keys()];
  const wasm = compileWat(
    `(module (memory (export "memory") 1) ${names.map((name, at) => `(func (export "f${at}") ${BODIES.get(name)})`).join('\n')}
     (func (export "outside") (drop (v128.load offset=1 (i32.const 65520)))))`,
  );

  it('knows every instruction the meter lets pass', () => {
    const passed = FD_IMMEDIATES.filter((immediate) => immediate !== Immediate.unknown).length;
    // v128.loadNN_lane occurs twice.
    assert.equal(names.length - 4, passed);
  });

  it('gives what the engine gives, instruction by instruction, and counts what the meter counts', () => {
    const metered = instantiateMetered(wasm);
    const fuel = new FuelMeter();
    const interpreted = new InterpreterInstance(wasm, {}, fuel);
    const meteredMemory = new Uint8Array((metered.exports.memory as WebAssembly.Memory).buffer);
    const { bytes } = interpreted.exports.memory as InterpretedMemory;
    for (let round = 0; round < 40; round++) {
      for (const [at, name] of names.entries()) {
        for (const memory of [meteredMemory, bytes]) {
          memory.fill(0, 0, 512);
          memory.set(operands(round));
        }
        const before = fuel.executed;
        (interpreted.exports[`f${at}`] as Callable).call();
        const { fuelUsed } = metered.call(`f${at}`);
        assert.equal(
          withoutNanBits(name, bytes.subarray(RESULT_AT, 512)),
          withoutNanBits(name, meteredMemory.subarray(RESULT_AT, 512)),
          `${name}, round ${round}`,
        );
        assert.equal(fuelUsed, fuel.executed - before, name);
      }
    }
  });

  it('traps where the engine traps', () => {
    const metered = instantiateMetered(wasm);
    assert.match(metered.call('outside').trap ?? '', /out of bounds/);
    const interpreted = new InterpreterInstance(wasm, {});
    assert.throws(() => (interpreted.exports.outside as Callable).call(), /out of bounds/);
  });
});
