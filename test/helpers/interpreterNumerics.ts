/**
 * The numeric instructions of the reference interpreter, from the specification's section 4.3,
 * written to be read and not to be fast.
 *
 * An i32 is a signed number, an i64 a signed bigint. Floats are their bits in the same form, so
 * that NaN payloads survive instructions that must not touch them. Arithmetic that gives NaN gives
 * the canonical one.
 */
export type Value = number | bigint | object | null;

export class TrapError extends Error {}

type Numeric = (...operands: never[]) => Value;
const view = new DataView(new ArrayBuffer(8));
const u32 = (x: number) => x >>> 0;
const u64 = (x: bigint) => BigInt.asUintN(64, x);
const s64 = (x: bigint) => BigInt.asIntN(64, x);
const bool = (x: boolean) => (x ? 1 : 0);

export function f32(bits: number): number {
  view.setInt32(0, bits);
  return view.getFloat32(0);
}
export function bits32(x: number): number {
  if (Number.isNaN(x)) return 0x7fc0_0000;
  view.setFloat32(0, x);
  return view.getInt32(0);
}
export function f64(bits: bigint): number {
  view.setBigInt64(0, bits);
  return view.getFloat64(0);
}
export function bits64(x: number): bigint {
  if (Number.isNaN(x)) return 0x7ff8_0000_0000_0000n;
  view.setFloat64(0, x);
  return view.getBigInt64(0);
}

function divideI32(a: number, b: number, signed: boolean): number {
  if (b === 0) throw new TrapError('integer divide by zero');
  if (!signed) return Math.floor(u32(a) / u32(b)) | 0;
  if (a === -(2 ** 31) && b === -1) throw new TrapError('integer overflow');
  return (a / b) | 0;
}
function remainderI32(a: number, b: number, signed: boolean): number {
  if (b === 0) throw new TrapError('integer divide by zero');
  return (signed ? a % b : u32(a) % u32(b)) | 0;
}
function divideI64(a: bigint, b: bigint, signed: boolean): bigint {
  if (b === 0n) throw new TrapError('integer divide by zero');
  if (!signed) return s64(u64(a) / u64(b));
  if (a === -(2n ** 63n) && b === -1n) throw new TrapError('integer overflow');
  return a / b;
}
function remainderI64(a: bigint, b: bigint, signed: boolean): bigint {
  if (b === 0n) throw new TrapError('integer divide by zero');
  return signed ? a % b : s64(u64(a) % u64(b));
}

/** Nearest integer, ties to even. */
function nearest(x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x;
  const floor = Math.floor(x);
  const rest = x - floor;
  const rounded = rest < 0.5 ? floor : rest > 0.5 ? floor + 1 : floor % 2 === 0 ? floor : floor + 1;
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
}

function truncate(x: number, low: bigint, high: bigint, saturate: boolean): bigint {
  if (Number.isNaN(x)) {
    if (saturate) return 0n;
    throw new TrapError('invalid conversion to integer');
  }
  if (x === Infinity || (Number.isFinite(x) && BigInt(Math.trunc(x)) > high)) {
    if (saturate) return high;
    throw new TrapError('integer overflow');
  }
  if (x === -Infinity || BigInt(Math.trunc(x)) < low) {
    if (saturate) return low;
    throw new TrapError('integer overflow');
  }
  return BigInt(Math.trunc(x));
}
const toI32 = (x: number, signed: boolean, saturate: boolean) =>
  Number(
    BigInt.asIntN(32, truncate(x, signed ? -(2n ** 31n) : 0n, signed ? 2n ** 31n - 1n : 2n ** 32n - 1n, saturate)),
  );
const toI64 = (x: number, signed: boolean, saturate: boolean) =>
  s64(truncate(x, signed ? -(2n ** 63n) : 0n, signed ? 2n ** 63n - 1n : 2n ** 64n - 1n, saturate));

/**
 * A 64-bit integer as f32, rounded once. The bits below the first 53 are kept as one sticky bit for
 * the second rounding.
 */
function wideToF32(x: bigint): number {
  const magnitude = x < 0n ? -x : x;
  const sticky =
    magnitude < 2n ** 53n ? magnitude : ((magnitude >> 11n) << 11n) | ((magnitude & 0x7ffn) === 0n ? 0n : 1n << 11n);
  return Math.fround(Number(x < 0n ? -sticky : sticky));
}

const rotate32 = (x: number, by: number) => (by & 31 ? (x << (by & 31)) | (x >>> (32 - (by & 31))) : x);
const rotate64 = (x: bigint, by: bigint) => {
  const n = u64(by) % 64n;
  return s64((u64(x) << n) | (u64(x) >> (64n - n)));
};
const leadingZeros64 = (x: bigint) => BigInt(64 - (u64(x) === 0n ? 0 : u64(x).toString(2).length));
const ones = (x: bigint) => x.toString(2).replaceAll('0', '').length;
const trailingZeros = (x: bigint, width: number) => (x === 0n ? width : (/0*$/.exec(x.toString(2))?.[0].length ?? 0));

const i32Compare: Numeric[] = [
  (a: number, b: number) => bool(a === b),
  (a: number, b: number) => bool(a !== b),
  (a: number, b: number) => bool(a < b),
  (a: number, b: number) => bool(u32(a) < u32(b)),
  (a: number, b: number) => bool(a > b),
  (a: number, b: number) => bool(u32(a) > u32(b)),
  (a: number, b: number) => bool(a <= b),
  (a: number, b: number) => bool(u32(a) <= u32(b)),
  (a: number, b: number) => bool(a >= b),
  (a: number, b: number) => bool(u32(a) >= u32(b)),
];
const i64Compare: Numeric[] = [
  (a: bigint, b: bigint) => bool(a === b),
  (a: bigint, b: bigint) => bool(a !== b),
  (a: bigint, b: bigint) => bool(a < b),
  (a: bigint, b: bigint) => bool(u64(a) < u64(b)),
  (a: bigint, b: bigint) => bool(a > b),
  (a: bigint, b: bigint) => bool(u64(a) > u64(b)),
  (a: bigint, b: bigint) => bool(a <= b),
  (a: bigint, b: bigint) => bool(u64(a) <= u64(b)),
  (a: bigint, b: bigint) => bool(a >= b),
  (a: bigint, b: bigint) => bool(u64(a) >= u64(b)),
];
const comparisons = [
  (a: number, b: number) => a === b,
  (a: number, b: number) => a !== b,
  (a: number, b: number) => a < b,
  (a: number, b: number) => a > b,
  (a: number, b: number) => a <= b,
  (a: number, b: number) => a >= b,
];
const i32Arithmetic: Numeric[] = [
  (a: number) => Math.clz32(a),
  (a: number) => trailingZeros(BigInt(u32(a)), 32),
  (a: number) => ones(BigInt(u32(a))),
  (a: number, b: number) => (a + b) | 0,
  (a: number, b: number) => (a - b) | 0,
  (a: number, b: number) => Math.imul(a, b),
  (a: number, b: number) => divideI32(a, b, true),
  (a: number, b: number) => divideI32(a, b, false),
  (a: number, b: number) => remainderI32(a, b, true),
  (a: number, b: number) => remainderI32(a, b, false),
  (a: number, b: number) => a & b,
  (a: number, b: number) => a | b,
  (a: number, b: number) => a ^ b,
  (a: number, b: number) => a << (b & 31),
  (a: number, b: number) => a >> (b & 31),
  (a: number, b: number) => (a >>> (b & 31)) | 0,
  (a: number, b: number) => rotate32(a, b),
  (a: number, b: number) => rotate32(a, 32 - (b & 31)),
];
const i64Arithmetic: Numeric[] = [
  (a: bigint) => leadingZeros64(a),
  (a: bigint) => BigInt(trailingZeros(u64(a), 64)),
  (a: bigint) => BigInt(ones(u64(a))),
  (a: bigint, b: bigint) => s64(a + b),
  (a: bigint, b: bigint) => s64(a - b),
  (a: bigint, b: bigint) => s64(a * b),
  (a: bigint, b: bigint) => divideI64(a, b, true),
  (a: bigint, b: bigint) => divideI64(a, b, false),
  (a: bigint, b: bigint) => remainderI64(a, b, true),
  (a: bigint, b: bigint) => remainderI64(a, b, false),
  (a: bigint, b: bigint) => a & b,
  (a: bigint, b: bigint) => a | b,
  (a: bigint, b: bigint) => a ^ b,
  (a: bigint, b: bigint) => s64(a << (u64(b) % 64n)),
  (a: bigint, b: bigint) => a >> (u64(b) % 64n),
  (a: bigint, b: bigint) => s64(u64(a) >> (u64(b) % 64n)),
  (a: bigint, b: bigint) => rotate64(a, b),
  (a: bigint, b: bigint) => rotate64(a, 64n - (u64(b) % 64n)),
];
const floatUnary = [Math.ceil, Math.floor, Math.trunc, nearest, Math.sqrt];
const floatBinary = [
  (a: number, b: number) => a + b,
  (a: number, b: number) => a - b,
  (a: number, b: number) => a * b,
  (a: number, b: number) => a / b,
  (a: number, b: number) => Math.min(a, b),
  (a: number, b: number) => Math.max(a, b),
];
const SIGN64 = 1n << 63n;

function floatOperations(): Numeric[][] {
  const single: Numeric[] = [
    (a: number) => a & 0x7fff_ffff,
    (a: number) => a ^ 0x8000_0000,
    ...floatUnary.map((operation) => (a: number) => bits32(operation(f32(a)))),
    ...floatBinary.map((operation) => (a: number, b: number) => bits32(operation(f32(a), f32(b)))),
    (a: number, b: number) => (a & 0x7fff_ffff) | (b & 0x8000_0000),
  ];
  const double: Numeric[] = [
    (a: bigint) => s64(u64(a) & ~SIGN64),
    (a: bigint) => s64(u64(a) ^ SIGN64),
    ...floatUnary.map((operation) => (a: bigint) => bits64(operation(f64(a)))),
    ...floatBinary.map((operation) => (a: bigint, b: bigint) => bits64(operation(f64(a), f64(b)))),
    (a: bigint, b: bigint) => s64((u64(a) & ~SIGN64) | (u64(b) & SIGN64)),
  ];
  return [single, double];
}

const conversions: Numeric[] = [
  (a: bigint) => Number(BigInt.asIntN(32, a)), // 0xa7 i32.wrap_i64
  (a: number) => toI32(f32(a), true, false),
  (a: number) => toI32(f32(a), false, false),
  (a: bigint) => toI32(f64(a), true, false),
  (a: bigint) => toI32(f64(a), false, false),
  (a: number) => BigInt(a), // 0xac i64.extend_i32_s
  (a: number) => BigInt(u32(a)),
  (a: number) => toI64(f32(a), true, false),
  (a: number) => toI64(f32(a), false, false),
  (a: bigint) => toI64(f64(a), true, false),
  (a: bigint) => toI64(f64(a), false, false),
  (a: number) => bits32(a), // 0xb2 f32.convert_i32_s
  (a: number) => bits32(u32(a)),
  (a: bigint) => bits32(wideToF32(a)),
  (a: bigint) => bits32(wideToF32(u64(a))),
  (a: bigint) => bits32(f64(a)),
  (a: number) => bits64(a), // 0xb7 f64.convert_i32_s
  (a: number) => bits64(u32(a)),
  (a: bigint) => bits64(Number(a)),
  (a: bigint) => bits64(Number(u64(a))),
  (a: number) => bits64(f32(a)),
  (a: number) => a, // 0xbc to 0xbf: reinterpretations
  (a: bigint) => a,
  (a: number) => a,
  (a: bigint) => a,
  (a: number) => (a << 24) >> 24, // 0xc0 sign extensions
  (a: number) => (a << 16) >> 16,
  (a: bigint) => BigInt.asIntN(8, a),
  (a: bigint) => BigInt.asIntN(16, a),
  (a: bigint) => BigInt.asIntN(32, a),
];

const saturating: Numeric[] = [
  (a: number) => toI32(f32(a), true, true),
  (a: number) => toI32(f32(a), false, true),
  (a: bigint) => toI32(f64(a), true, true),
  (a: bigint) => toI32(f64(a), false, true),
  (a: number) => toI64(f32(a), true, true),
  (a: number) => toI64(f32(a), false, true),
  (a: bigint) => toI64(f64(a), true, true),
  (a: bigint) => toI64(f64(a), false, true),
];

/** By opcode; after the prefix 0xfc by 0xfc00 + the second number. */
export const NUMERICS: ReadonlyMap<number, Numeric> = new Map(
  [
    [0x45, [(a: number) => bool(a === 0), ...i32Compare, (a: bigint) => bool(a === 0n), ...i64Compare]] as const,
    [0x5b, comparisons.map((compare) => (a: number, b: number) => bool(compare(f32(a), f32(b))))] as const,
    [0x61, comparisons.map((compare) => (a: bigint, b: bigint) => bool(compare(f64(a), f64(b))))] as const,
    [0x67, [...i32Arithmetic, ...i64Arithmetic, ...floatOperations().flat(), ...conversions]] as const,
    [0xfc00, saturating] as const,
  ].flatMap(([first, operations]) =>
    operations.map((operation, at): [number, Numeric] => [first + at, operation as Numeric]),
  ),
);
