import type { ByteWriter } from './byteWriter.ts';
import { Op } from './opcodes.ts';
import { Shape } from './stackEffect.ts';

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

/**
 * Writes code that makes a NaN canonical.
 *
 * A value that equals itself stays; any other becomes the one canonical NaN.
 */
export class CanonicalNan {
  /** Index of the first of the locals {@link groups} declares. */
  firstLocal = 0;

  /**
   * Declarations of the locals that the code needs, two bytes each: an f32, an f64, and a v128
   * where vectors are among the shapes.
   */
  groups(shapes: readonly number[]): readonly number[] {
    if (shapes.length === 0) return [];
    return shapes.some((shape) => shape >= Shape.f32x4) ? VECTORS : SCALARS;
  }

  /** The value is on the stack. */
  write(out: ByteWriter, shape: number): void {
    const vector = shape >= Shape.f32x4;
    const local = this.firstLocal + (vector ? 2 : shape - Shape.f32);
    const get = (opcode: number) => {
      out.u8(opcode);
      out.u32(local);
    };
    const put = (bytes: readonly number[] | undefined) => {
      for (const byte of bytes ?? []) out.u8(byte);
    };
    get(Op.localTee);
    put(NAN[shape]);
    get(Op.localGet);
    get(Op.localGet);
    put(EQUAL[shape]);
    put(vector ? BITSELECT : SELECT);
  }
}

/**
 * Number of bytes that the declarations of {@link CanonicalNan.groups} take in a body with the
 * local of the balance, by the type declared last.
 */
export function canonicalGroups(lastType: number): number {
  return lastType === 0x7b ? VECTORS.length : lastType === 0x7c ? SCALARS.length : 0;
}
