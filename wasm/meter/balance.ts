/**
 * The balance: the one number that a metered module keeps (docs/internals/meter.md, "The balance").
 *
 * The high bits hold the fuel that is left. The low bits hold the weight of the frames that wait
 * for a call to return. So one i64 is charged, stored and tested for both.
 */

/** Low bits of the balance that hold the depth. The highest of them is set when it is too deep. */
export const DEPTH_BITS = 16;

/** Cost of one instruction, in units of the balance. */
export const FUEL_UNIT = 2 ** DEPTH_BITS;

/** Bytes of stack in one unit of depth. */
export const FRAME_UNIT = 512;

/** Units of depth from which on no function that calls is entered: 16 MiB of frames. */
export const DEPTH_MAX = 2 ** (DEPTH_BITS - 1);

/**
 * The most fuel that a balance holds, in instructions: above 140 000 000 000 000, hours of work for
 * the fastest processor.
 */
export const FUEL_MAX = 2 ** (63 - DEPTH_BITS) - 1;

/**
 * The balance to begin with.
 * @param fuel instructions, 0 to {@link FUEL_MAX}
 * @param depth units that may be used, 1 to {@link DEPTH_MAX}
 */
export function balanceOf(fuel: number, depth: number = DEPTH_MAX): bigint {
  return (BigInt(fuel) << BigInt(DEPTH_BITS)) + BigInt(DEPTH_MAX - depth);
}

/** Instructions left; negative when more were executed than the balance had. */
export function fuelLeft(balance: bigint): number {
  return Number(balance >> BigInt(DEPTH_BITS));
}
