/**
 * Fixed-width SIMD of the reference interpreter, from the specification's section 4.3.6, written to
 * be read.
 *
 * A v128 is its 16 bytes, little endian, never changed once made. Lanes are unsigned bigints of
 * their width; floats are their bits.
 */
import { NUMERICS, TrapError, type Value } from './interpreterNumerics.ts';

export type Vector = Uint8Array;

type Lane = (...operands: bigint[]) => bigint;

/** One instruction after the prefix 0xFD. */
export interface SimdInstruction {
  sub: number;
  /**
   * Memory: alignment and offset, then the lane if there is one. `shuffle`: its 16 lanes. Else the
   * lane.
   */
  immediates: number[];
  constant?: Vector;
}

const signed = (x: bigint, bits: number) => BigInt.asIntN(bits, x);
const bigger = (a: bigint, b: bigint) => (a > b ? a : b);
const smaller = (a: bigint, b: bigint) => (a < b ? a : b);
const clamp = (x: bigint, low: bigint, high: bigint) => bigger(low, smaller(high, x));
const saturateSigned = (x: bigint, bits: number) => clamp(x, -(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n);
const saturateUnsigned = (x: bigint, bits: number) => clamp(x, 0n, (1n << BigInt(bits)) - 1n);

function lanesOf(vector: Vector, bits: number): bigint[] {
  const width = bits / 8;
  return Array.from({ length: 16 / width }, (_, lane) => {
    let value = 0n;
    for (let byte = width - 1; byte >= 0; byte--) value = (value << 8n) | BigInt(vector[lane * width + byte] as number);
    return value;
  });
}

function vectorOf(lanes: bigint[], bits: number): Vector {
  const vector = new Uint8Array(16);
  const width = bits / 8;
  lanes.forEach((lane, at) => {
    let rest = BigInt.asUintN(bits, lane);
    for (let byte = 0; byte < width; byte++, rest >>= 8n) vector[at * width + byte] = Number(rest & 0xffn);
  });
  return vector;
}

const bytesOf = (value: bigint, width: number) => vectorOf([value], 64).subarray(0, width);

/**
 * The value of a lane on the stack: an i32 or f32 is a signed number, an i64 or f64 a signed
 * bigint.
 */
const toValue = (lane: bigint, bits: number): Value => (bits === 64 ? signed(lane, 64) : Number(signed(lane, 32)));
const toLane = (value: Value, bits: number) => BigInt.asUintN(bits, BigInt(value as number | bigint));

/** A scalar instruction on lanes: SIMD's float arithmetic is the scalar one in every lane. */
function scalar(opcode: number, from: 32 | 64, to: 32 | 64): Lane {
  const operation = NUMERICS.get(opcode) as (...operands: Value[]) => Value;
  return (...operands) => toLane(operation(...operands.map((one) => toValue(one, from))), to);
}

const each =
  (bits: number, operation: Lane) =>
  (...vectors: Vector[]) => {
    const operands = vectors.map((one) => lanesOf(one, bits));
    return vectorOf(
      (operands[0] as bigint[]).map((_, lane) => operation(...operands.map((one) => one[lane] as bigint))),
      bits,
    );
  };
const compare = (bits: number, holds: (a: bigint, b: bigint) => boolean) =>
  each(bits, (a, b) => (holds(a as bigint, b as bigint) ? -1n : 0n));
const shift = (bits: number, operation: (x: bigint, by: bigint) => bigint) => (vector: Vector, count: number) => {
  const by = BigInt.asUintN(32, BigInt(count)) % BigInt(bits);
  return each(bits, (x) => operation(x as bigint, by))(vector);
};
/** Lanes of half the width, the low or the high eight bytes of a vector. */
const half = (vector: Vector, bits: number, isHigh: boolean, isSigned: boolean) => {
  const lanes = lanesOf(vector, bits / 2).map((lane) => (isSigned ? signed(lane, bits / 2) : lane));
  return isHigh ? lanes.slice(lanes.length / 2) : lanes.slice(0, lanes.length / 2);
};
const extend = (bits: number, isHigh: boolean, isSigned: boolean) => (vector: Vector) =>
  vectorOf(half(vector, bits, isHigh, isSigned), bits);
const extendMultiply = (bits: number, isHigh: boolean, isSigned: boolean) => (a: Vector, b: Vector) => {
  const other = half(b, bits, isHigh, isSigned);
  return vectorOf(
    half(a, bits, isHigh, isSigned).map((lane, at) => lane * (other[at] as bigint)),
    bits,
  );
};
const addPairs = (bits: number, isSigned: boolean) => (vector: Vector) => {
  const lanes = [...half(vector, bits, false, isSigned), ...half(vector, bits, true, isSigned)];
  return vectorOf(
    Array.from({ length: lanes.length / 2 }, (_, at) => (lanes[2 * at] as bigint) + (lanes[2 * at + 1] as bigint)),
    bits,
  );
};
/** Both vectors' lanes, read as signed, clamped into half their width. */
const narrow =
  (bits: number, saturate: (x: bigint, bits: number) => bigint) =>
  (...vectors: Vector[]) =>
    vectorOf(
      vectors.flatMap((one) => lanesOf(one, 2 * bits).map((lane) => saturate(signed(lane, 2 * bits), bits))),
      bits,
    );
const allTrue = (bits: number) => (vector: Vector) => (lanesOf(vector, bits).every((lane) => lane !== 0n) ? 1 : 0);
const bitmask = (bits: number) => (vector: Vector) =>
  lanesOf(vector, bits).reduce((mask, lane, at) => mask | (signed(lane, bits) < 0n ? 1 << at : 0), 0);
const splat = (bits: number) => (value: Value) =>
  vectorOf(Array<bigint>(128 / bits).fill(toLane(value, bits === 64 ? 64 : 32)), bits);

const absolute = (bits: number) => each(bits, (x) => (signed(x as bigint, bits) < 0n ? -(x as bigint) : (x as bigint)));
const negate = (bits: number) => each(bits, (x) => -(x as bigint));

type Operation = (...operands: never[]) => Value;
const OPERATIONS = new Map<number, Operation>();
const define = (first: number, ...operations: Operation[]) => {
  operations.forEach((operation, at) => {
    OPERATIONS.set(first + at, operation);
  });
};

/** eq, ne, lt_s, lt_u, gt_s, gt_u, le_s, le_u, ge_s, ge_u */
const integerCompare = (bits: number): Operation[] => {
  const s = (x: bigint) => signed(x, bits);
  return [
    compare(bits, (a, b) => a === b),
    compare(bits, (a, b) => a !== b),
    compare(bits, (a, b) => s(a) < s(b)),
    compare(bits, (a, b) => a < b),
    compare(bits, (a, b) => s(a) > s(b)),
    compare(bits, (a, b) => a > b),
    compare(bits, (a, b) => s(a) <= s(b)),
    compare(bits, (a, b) => a <= b),
    compare(bits, (a, b) => s(a) >= s(b)),
    compare(bits, (a, b) => a >= b),
  ];
};
/** eq, ne, lt, gt, le, ge: the scalar ones give 0 or 1. */
const floatCompare = (bits: 32 | 64, firstScalar: number): Operation[] =>
  Array.from({ length: 6 }, (_, at) => {
    const operation = scalar(firstScalar + at, bits, 32);
    return each(bits, (a, b) => (operation(a as bigint, b as bigint) === 1n ? -1n : 0n));
  });
const shifts = (bits: number): Operation[] => [
  shift(bits, (x, by) => x << by),
  shift(bits, (x, by) => signed(x, bits) >> by),
  shift(bits, (x, by) => x >> by),
];
/** add, add_sat_s, add_sat_u, sub, sub_sat_s, sub_sat_u */
const saturatingArithmetic = (bits: number): Operation[] => [
  each(bits, (a, b) => (a as bigint) + (b as bigint)),
  each(bits, (a, b) => saturateSigned(signed(a as bigint, bits) + signed(b as bigint, bits), bits)),
  each(bits, (a, b) => saturateUnsigned((a as bigint) + (b as bigint), bits)),
  each(bits, (a, b) => (a as bigint) - (b as bigint)),
  each(bits, (a, b) => saturateSigned(signed(a as bigint, bits) - signed(b as bigint, bits), bits)),
  each(bits, (a, b) => saturateUnsigned((a as bigint) - (b as bigint), bits)),
];
/** min_s, min_u, max_s, max_u */
const extremes = (bits: number): Operation[] => [
  each(bits, (a, b) => smaller(signed(a as bigint, bits), signed(b as bigint, bits))),
  each(bits, (a, b) => smaller(a as bigint, b as bigint)),
  each(bits, (a, b) => bigger(signed(a as bigint, bits), signed(b as bigint, bits))),
  each(bits, (a, b) => bigger(a as bigint, b as bigint)),
];
const average = (bits: number) => each(bits, (a, b) => ((a as bigint) + (b as bigint) + 1n) >> 1n);
/** low_s, high_s, low_u, high_u */
const ofHalves = (bits: number, make: (bits: number, isHigh: boolean, isSigned: boolean) => Operation): Operation[] => [
  make(bits, false, true),
  make(bits, true, true),
  make(bits, false, false),
  make(bits, true, false),
];
const plus = (bits: number) => each(bits, (a, b) => (a as bigint) + (b as bigint));
const minus = (bits: number) => each(bits, (a, b) => (a as bigint) - (b as bigint));
const times = (bits: number) => each(bits, (a, b) => (a as bigint) * (b as bigint));
const float = (bits: 32 | 64, opcode: number) => each(bits, scalar(opcode, bits, bits));
/**
 * `pmin` and `pmax` give one of the two operands as it is, the first when they cannot be ordered.
 */
const pseudo = (bits: 32 | 64, lessThan: number, isMax: boolean) => {
  const less = scalar(lessThan, bits, 32);
  return each(bits, (a, b) => {
    const [left, right] = [a as bigint, b as bigint];
    const takeRight = isMax ? less(left, right) : less(right, left);
    return takeRight === 1n ? right : left;
  });
};
const lanewise = (from: 32 | 64, to: 32 | 64, opcode: number) => (vector: Vector) => {
  const operation = scalar(opcode, from, to);
  const lanes = lanesOf(vector, from);
  const kept = from < to ? lanes.slice(0, lanes.length / 2) : lanes;
  return vectorOf(
    kept.map((lane) => operation(lane)),
    to,
  );
};

define(14, (a: Vector, at: Vector) => Uint8Array.from(at, (index) => a[index] ?? 0));
define(15, splat(8), splat(16), splat(32), splat(64), splat(32), splat(64));
define(35, ...integerCompare(8), ...integerCompare(16), ...integerCompare(32));
define(65, ...floatCompare(32, 0x5b), ...floatCompare(64, 0x61));
define(
  77,
  each(64, (a) => ~(a as bigint)),
  each(64, (a, b) => (a as bigint) & (b as bigint)),
  each(64, (a, b) => (a as bigint) & ~(b as bigint)),
  each(64, (a, b) => (a as bigint) | (b as bigint)),
  each(64, (a, b) => (a as bigint) ^ (b as bigint)),
  each(64, (a, b, mask) => ((a as bigint) & (mask as bigint)) | ((b as bigint) & ~(mask as bigint))),
  (a: Vector) => (a.some((byte) => byte !== 0) ? 1 : 0),
);
define(94, lanewise(64, 32, 0xb6), lanewise(32, 64, 0xbb)); // demote, promote
define(
  96,
  absolute(8),
  negate(8),
  each(8, (x) => BigInt((x as bigint).toString(2).replaceAll('0', '').length)),
  allTrue(8),
  bitmask(8),
  narrow(8, saturateSigned),
  narrow(8, saturateUnsigned),
  ...[0x8d, 0x8e, 0x8f, 0x90].map((opcode) => float(32, opcode)), // ceil, floor, trunc, nearest
  ...shifts(8),
  ...saturatingArithmetic(8),
  float(64, 0x9b),
  float(64, 0x9c),
  ...extremes(8),
  float(64, 0x9d),
  average(8),
  addPairs(16, true),
  addPairs(16, false),
  addPairs(32, true),
  addPairs(32, false),
);
define(
  128,
  absolute(16),
  negate(16),
  each(16, (a, b) => saturateSigned((signed(a as bigint, 16) * signed(b as bigint, 16) + 0x4000n) >> 15n, 16)),
  allTrue(16),
  bitmask(16),
  narrow(16, saturateSigned),
  narrow(16, saturateUnsigned),
  ...ofHalves(16, extend),
  ...shifts(16),
  ...saturatingArithmetic(16),
  float(64, 0x9e),
  times(16),
  ...extremes(16),
);
define(155, average(16), ...ofHalves(16, extendMultiply));
define(160, absolute(32), negate(32));
define(163, allTrue(32), bitmask(32));
define(167, ...ofHalves(32, extend), ...shifts(32), plus(32));
define(177, minus(32));
define(181, times(32), ...extremes(32), (a: Vector, b: Vector) => {
  const products = [...half(a, 32, false, true), ...half(a, 32, true, true)];
  const others = [...half(b, 32, false, true), ...half(b, 32, true, true)];
  const product = (at: number) => (products[at] as bigint) * (others[at] as bigint);
  return vectorOf(
    [0, 1, 2, 3].map((lane) => product(2 * lane) + product(2 * lane + 1)),
    32,
  );
});
define(188, ...ofHalves(32, extendMultiply), absolute(64), negate(64));
define(195, allTrue(64), bitmask(64));
define(199, ...ofHalves(64, extend), ...shifts(64), plus(64));
define(209, minus(64));
define(
  213,
  times(64),
  ...integerCompare(64).filter((_, at) => at < 2 || at % 2 === 0),
  ...ofHalves(64, extendMultiply),
);
define(224, float(32, 0x8b), float(32, 0x8c));
define(227, ...[0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97].map((opcode) => float(32, opcode))); // sqrt to max
define(234, pseudo(32, 0x5d, false), pseudo(32, 0x5d, true), float(64, 0x99), float(64, 0x9a));
define(239, ...[0x9f, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5].map((opcode) => float(64, opcode)));
define(246, pseudo(64, 0x63, false), pseudo(64, 0x63, true));
define(
  248,
  lanewise(32, 32, 0xfc00),
  lanewise(32, 32, 0xfc01),
  lanewise(32, 32, 0xb2),
  lanewise(32, 32, 0xb3),
  lanewise(64, 32, 0xfc02),
  lanewise(64, 32, 0xfc03),
  lanewise(32, 64, 0xb7),
  lanewise(32, 64, 0xb8),
);

/** extract_lane and replace_lane by opcode: width of the lane, and what they do. */
const LANES = new Map<number, [bits: number, action: 'extract' | 'extractSigned' | 'replace']>([
  [21, [8, 'extractSigned']],
  [22, [8, 'extract']],
  [23, [8, 'replace']],
  [24, [16, 'extractSigned']],
  [25, [16, 'extract']],
  [26, [16, 'replace']],
  [27, [32, 'extract']],
  [28, [32, 'replace']],
  [29, [64, 'extract']],
  [30, [64, 'replace']],
  [31, [32, 'extract']],
  [32, [32, 'replace']],
  [33, [64, 'extract']],
  [34, [64, 'replace']],
]);

/**
 * Runs one instruction on the stack.
 *
 * @throws {TrapError} outside the memory
 */
export function executeSimd({ sub, immediates, constant }: SimdInstruction, stack: Value[], memory: Uint8Array): void {
  const operation = OPERATIONS.get(sub);
  if (operation !== undefined) {
    const operands = stack.splice(stack.length - operandsOf(sub));
    stack.push(operation(...(operands as never[])));
    return;
  }
  const lane = LANES.get(sub);
  if (lane !== undefined) {
    const [bits, action] = lane;
    const value = action === 'replace' ? (stack.pop() as Value) : 0;
    const lanes = lanesOf(stack.pop() as Vector, bits);
    const at = immediates[0] as number;
    if (action === 'replace') lanes[at] = toLane(value, bits);
    const chosen = lanes[at] as bigint;
    stack.push(
      action === 'replace'
        ? vectorOf(lanes, bits)
        : toValue(action === 'extractSigned' ? signed(chosen, bits) : chosen, bits),
    );
    return;
  }
  if (sub === 12) stack.push(constant as Vector);
  else if (sub === 13) {
    const [a, b] = stack.splice(stack.length - 2) as [Vector, Vector];
    const both = [...a, ...b];
    stack.push(Uint8Array.from(immediates, (at) => both[at] as number));
  } else access(sub, immediates, stack, memory);
}

/** Number of operands of an instruction with an entry among the operations. */
function operandsOf(sub: number): number {
  if (sub === 82) return 3;
  const isUnary =
    (sub >= 15 && sub <= 20) ||
    [77, 83, 94, 95, 98, 122, 148, 227, 239].includes(sub) ||
    // abs and neg of each shape, all_true and bitmask
    [96, 97, 99, 100, 128, 129, 131, 132, 160, 161, 163, 164, 192, 193, 195, 196, 224, 225, 236, 237].includes(sub) ||
    (sub >= 103 && sub <= 106) ||
    sub === 116 ||
    sub === 117 ||
    (sub >= 124 && sub <= 127) ||
    [135, 167, 199].some((first) => sub >= first && sub < first + 4) ||
    sub >= 248;
  return isUnary ? 1 : 2;
}

function access(sub: number, [, offset = 0, lane = 0]: number[], stack: Value[], memory: Uint8Array): void {
  const hasVector = sub === 11 || (sub >= 84 && sub <= 91);
  const vector = hasVector ? (stack.pop() as Vector) : new Uint8Array(16);
  const address = ((stack.pop() as number) >>> 0) + offset;
  const bytes = (width: number) => {
    if (address + width > memory.length) throw new TrapError('out of bounds memory access');
    return memory.subarray(address, address + width);
  };
  if (sub === 11) bytes(16).set(vector);
  else if (sub === 0) stack.push(bytes(16).slice());
  else if (sub <= 6) {
    const bits = [16, 32, 64][(sub - 1) >> 1] as number;
    const wide = new Uint8Array(16);
    wide.set(bytes(8));
    stack.push(extend(bits, false, sub % 2 === 1)(wide));
  } else if (sub <= 10) {
    const width = 1 << (sub - 7);
    stack.push(Uint8Array.from({ length: 16 }, (_, at) => bytes(width)[at % width] as number));
  } else if (sub <= 91) {
    const width = 1 << ((sub - 84) % 4);
    const bits = 8 * width;
    const place = bytes(width);
    const lanes = lanesOf(vector, bits);
    if (sub >= 88) place.set(bytesOf(lanes[lane] as bigint, width));
    else {
      const loaded = vector.slice();
      loaded.set(place, lane * width);
      stack.push(loaded);
    }
  } else {
    const zeroed = new Uint8Array(16);
    zeroed.set(bytes(sub === 92 ? 4 : 8));
    stack.push(zeroed);
  }
}
