/**
 * Operands and results of all instructions but control ones, and what each does with the bits of a
 * NaN.
 *
 * Source: WebAssembly Core Specification 2.0, sections 3.3 and 4.3.2 ("NaN propagation").
 */

/** Layout of the floats in a value. */
export const Shape = { none: 0, f32: 1, f64: 2, f32x4: 3, f64x2: 4 } as const;

interface Effects {
  pops: Uint8Array;
  pushes: Uint8Array;
  /** Shape of the result, when that can be a NaN whose bits the instruction chooses. */
  makes: Uint8Array;
  /**
   * Shape of a result that is never a NaN, or of a splat's, which is a NaN only when its operand is
   * one.
   */
  sure: Uint8Array;
  /** Shape of the operands, when the result does not depend on the bits of a NaN among them. */
  blind: Uint8Array;
}

type Row = readonly [from: number, to: number, value: number];

function table(rows: readonly Row[]): Uint8Array {
  const values = new Uint8Array(256);
  for (const [from, to, value] of rows) values.fill(value, from, to + 1);
  return values;
}

const { f32, f64, f32x4, f64x2 } = Shape;

/** Effects of one-byte opcodes. */
export const EFFECTS: Effects = {
  pops: table([
    [0x1a, 0x1a, 1], // drop
    [0x1b, 0x1c, 3], // select
    [0x21, 0x22, 1], // local.set, local.tee
    [0x24, 0x25, 1], // global.set, table.get
    [0x26, 0x26, 2], // table.set
    [0x28, 0x35, 1], // loads
    [0x36, 0x3e, 2], // stores
    [0x40, 0x40, 1], // memory.grow
    [0x45, 0x45, 1], // i32.eqz
    [0x46, 0x4f, 2],
    [0x50, 0x50, 1], // i64.eqz
    [0x51, 0x66, 2],
    [0x67, 0x69, 1], // i32.clz, ctz, popcnt
    [0x6a, 0x78, 2],
    [0x79, 0x7b, 1], // i64.clz, ctz, popcnt
    [0x7c, 0x8a, 2],
    [0x8b, 0x91, 1], // f32.abs to f32.sqrt
    [0x92, 0x98, 2],
    [0x99, 0x9f, 1], // f64.abs to f64.sqrt
    [0xa0, 0xa6, 2],
    [0xa7, 0xc4, 1], // conversions, sign extension
    [0xd1, 0xd1, 1], // ref.is_null
  ]),
  pushes: table([
    [0x1b, 0x1c, 1], // select
    [0x20, 0x20, 1], // local.get
    [0x22, 0x23, 1], // local.tee, global.get
    [0x25, 0x25, 1], // table.get
    [0x28, 0x35, 1], // loads
    [0x3f, 0xc4, 1], // memory.size, memory.grow, constants, numeric instructions
    [0xd0, 0xd2, 1],
  ]),
  makes: table([
    [0x8d, 0x97, f32], // ceil, floor, trunc, nearest, sqrt, add, sub, mul, div, min, max
    [0x9b, 0xa5, f64],
    [0xb6, 0xb6, f32], // f32.demote_f64
    [0xbb, 0xbb, f64], // f64.promote_f32
  ]),
  sure: table([
    [0xb2, 0xb5, f32], // conversions of integers
    [0xb7, 0xba, f64],
  ]),
  blind: table([
    [0x5b, 0x60, f32], // comparisons
    [0x61, 0x66, f64],
    [0x8d, 0x97, f32],
    [0x9b, 0xa5, f64],
    [0xa8, 0xa9, f32], // truncations to integers
    [0xaa, 0xab, f64],
    [0xae, 0xaf, f32],
    [0xb0, 0xb1, f64],
    [0xb6, 0xb6, f64],
    [0xbb, 0xbb, f32],
  ]),
};

/** Effects of opcodes after 0xFC. */
export const FC_EFFECTS: Effects = {
  pops: table([
    [0, 7, 1], // saturating truncations
    [8, 8, 3], // memory.init
    [10, 12, 3], // memory.copy, memory.fill, table.init
    [14, 14, 3], // table.copy
    [15, 15, 2], // table.grow
    [17, 17, 3], // table.fill
  ]),
  pushes: table([
    [0, 7, 1],
    [15, 16, 1], // table.grow, table.size
  ]),
  makes: table([]),
  sure: table([]),
  blind: table([
    [0, 1, f32],
    [2, 3, f64],
    [4, 5, f32],
    [6, 7, f64],
  ]),
};

/**
 * Effects of opcodes after 0xFD.
 *
 * Opcodes that leave nothing are the stores. Opcodes that are not named here take two operands.
 */
export const FD_EFFECTS: Effects = {
  pops: table([
    [0, 255, 2],
    [0, 10, 1], // loads
    [12, 12, 0], // v128.const
    [15, 22, 1], // splats, i8x16.extract_lane
    [24, 25, 1], // i16x8.extract_lane
    [27, 27, 1],
    [29, 29, 1],
    [31, 31, 1],
    [33, 33, 1],
    [77, 77, 1], // v128.not
    [82, 82, 3], // v128.bitselect
    [83, 83, 1], // v128.any_true
    [92, 100, 1], // loads of zeros, demote, promote, i8x16.abs to bitmask
    [103, 106, 1], // f32x4.ceil to nearest
    [116, 117, 1], // f64x2.ceil, floor
    [122, 122, 1], // f64x2.trunc
    [124, 129, 1], // extadd_pairwise, i16x8.abs, neg
    [131, 132, 1], // i16x8.all_true, bitmask
    [135, 138, 1], // i16x8.extend
    [148, 148, 1], // f64x2.nearest
    [160, 161, 1], // i32x4.abs, neg
    [163, 164, 1],
    [167, 170, 1],
    [192, 193, 1], // i64x2.abs, neg
    [195, 196, 1],
    [199, 202, 1],
    [224, 227, 1], // f32x4.abs, neg, sqrt
    [236, 239, 1], // f64x2.abs, neg, sqrt
    [248, 255, 1], // conversions
  ]),
  pushes: table([
    [0, 255, 1],
    [11, 11, 0], // v128.store
    [88, 91, 0], // stores of a lane
  ]),
  makes: table([
    [94, 94, f32x4], // demote
    [95, 95, f64x2], // promote
    [103, 106, f32x4],
    [116, 117, f64x2],
    [122, 122, f64x2],
    [148, 148, f64x2],
    [227, 233, f32x4], // sqrt, add, sub, mul, div, min, max
    [239, 245, f64x2],
  ]),
  sure: table([
    [19, 19, f32x4], // splats
    [20, 20, f64x2],
    [250, 251, f32x4], // conversions of integers
    [254, 255, f64x2],
  ]),
  blind: table([
    [65, 70, f32x4], // comparisons
    [71, 76, f64x2],
    [94, 94, f64x2],
    [95, 95, f32x4],
    [103, 106, f32x4],
    [116, 117, f64x2],
    [122, 122, f64x2],
    [148, 148, f64x2],
    [227, 233, f32x4],
    [239, 245, f64x2],
    [248, 249, f32x4], // truncations to integers
    [252, 253, f64x2],
  ]),
};
