import { u32At } from '../../read/leb128.ts';
import { Op } from '../../read/opcodes.ts';
import { Shape } from '../../read/stackEffect.ts';
import type { ByteWriter } from '../byteWriter.ts';
import type { CodeReader } from './codeReader.ts';
import { type Insertion, insertionTo } from './insertion.ts';

/** Comparison of each shape with itself, after two `local.get`. */
const EQUAL: Readonly<Record<number, readonly number[]>> = {
  [Shape.f32]: [0x5b],
  [Shape.f64]: [0x61],
  [Shape.f32x4]: [Op.prefixFd, 0x41],
  [Shape.f64x2]: [Op.prefixFd, 0x47],
};

const NAN_F32 = [0, 0, 0xc0, 0x7f];
const NAN_F64 = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];

/** `t.const nan`, the canonical one of positive sign. */
const NAN: Readonly<Record<number, readonly number[]>> = {
  [Shape.f32]: [Op.f32Const, ...NAN_F32],
  [Shape.f64]: [Op.f64Const, ...NAN_F64],
  [Shape.f32x4]: [Op.prefixFd, 0x0c, ...NAN_F32, ...NAN_F32, ...NAN_F32, ...NAN_F32],
  [Shape.f64x2]: [Op.prefixFd, 0x0c, ...NAN_F64, ...NAN_F64],
};

const SELECT = [0x1b];
const BITSELECT = [Op.prefixFd, 0x52];

const SCALARS = [1, 0x7d, 1, 0x7c];
const VECTORS = [...SCALARS, 1, 0x7b];

/** Number of instructions: local.tee, the NaN, local.get twice, the comparison, the choice. */
const STEPS = 6;

/**
 * Declarations of the locals that canonical NaNs of these shapes need, two bytes each: an f32, an
 * f64, and a v128 where vectors are among the shapes.
 */
export function canonicalGroups(shapes: readonly number[]): readonly number[] {
  if (shapes.length === 0) return [];
  return shapes.some((shape) => shape >= Shape.f32x4) ? VECTORS : SCALARS;
}

/**
 * Number of bytes that {@link canonicalGroups} take in a body with the local of the balance, by the
 * type declared last.
 */
export function canonicalGroupBytes(lastType: number): number {
  return lastType === 0x7b ? VECTORS.length : lastType === 0x7c ? SCALARS.length : 0;
}

/**
 * Makes the value on the stack canonical if it is a NaN.
 *
 * A value that equals itself stays; any other becomes the one canonical NaN.
 *
 * @param firstLocal the first of the locals that {@link canonicalGroups} declares
 */
export function writeCanonicalNan(out: ByteWriter, shape: number, firstLocal: number): void {
  const isVector = shape >= Shape.f32x4;
  const local = firstLocal + (isVector ? 2 : shape - Shape.f32);
  out.u8(Op.localTee);
  out.u32(local);
  out.append(NAN[shape] as readonly number[]);
  for (let i = 0; i < 2; i++) {
    out.u8(Op.localGet);
    out.u32(local);
  }
  out.append(EQUAL[shape] as readonly number[]);
  out.append(isVector ? BITSELECT : SELECT);
}

export function readCanonicalNan(code: CodeReader, offset: number, firstLocal: number): Insertion | null {
  if (code.opcode(offset) !== Op.localTee || u32At(code.bytes, offset + 1) < firstLocal) return null;
  return insertionTo(code.afterAll(offset, STEPS));
}
