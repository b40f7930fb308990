import { FRAME_UNIT } from './balance.ts';

/** Figures of a function's code that decide the weight of its frame. */
export interface FrameShape {
  /** Parameters and other locals. */
  locals: number;
  /** Instructions `call` and `call_indirect`. */
  calls: number;
  /** Values kept beside the locals: the smaller of {@link valuesAtMost} and `KeptValues.count`. */
  values: number;
  /** Vectors can be among its values: they take two slots. */
  vectors: boolean;
}

const SLOT = 8;
/** Return address, frame pointer, instance and what else every frame has. */
const FRAME_BASE = 192;
/**
 * Room for the values of one function that the engine may have inlined at a call, and the most
 * functions that it inlines there.
 */
const INLINED = 96;
const INLINED_MAX = 72;

/**
 * Weight above which a function is entered only when its own frame fits, too.
 *
 * A lighter frame needs no more than the reserve of a call.
 */
export const LIGHT_FRAME = 16;

/**
 * Bounds the values that a frame keeps beside its locals, without a walk through the body.
 *
 * @param instructions those that cost fuel
 * @param callValues parameters and results of all calls together
 */
export function valuesAtMost(instructions: number, callValues: number): number {
  return callValues + Math.ceil(instructions / 3);
}

/**
 * Weighs a frame, in units of {@link FRAME_UNIT}.
 *
 * Frames of real engines differ between versions and tiers, but none takes more than four times
 * this (docs/internals/meter.md, "Depth"). The run's thread has four times the stack.
 */
export function frameWeight({ locals, calls, values, vectors }: FrameShape): number {
  const slots = SLOT * (vectors ? 2 : 1) * (locals + values);
  return Math.ceil((FRAME_BASE + slots + INLINED * Math.min(calls, INLINED_MAX)) / FRAME_UNIT);
}
