import { FRAME_UNIT } from './balance.ts';

/** What a function's frame is made of, as far as its code tells. */
export interface FrameShape {
  /** Parameters and other locals. */
  locals: number;
  /** Instructions that cost fuel. */
  instructions: number;
  /** Instructions `call` and `call_indirect`. */
  calls: number;
  /** Parameters and results of what these call, all together. */
  callValues: number;
  /** Vectors can be among its values: they take two slots. */
  vectors: boolean;
}

const SLOT = 8;
/** Return address, frame pointer, instance and what else every frame has. */
const FRAME_BASE = 192;
/** Room for the values of one function that the engine may have inlined at a call, and for as many such as it inlines at most. */
const INLINED = 96;
const INLINED_MAX = 72;

/** A function of more units is entered only when its own frame fits too. A lighter one needs no more than a call's reserve. */
export const LIGHT_FRAME = 16;

/**
 * Units of {@link FRAME_UNIT} that a frame counts. Not what any engine really uses, which differs between versions and tiers, but never
 * less than a quarter of it (docs/meter.md, "Depth"); the run's thread has four times the stack.
 */
export function frameWeight({ locals, instructions, calls, callValues, vectors }: FrameShape): number {
  const values = locals + callValues + Math.ceil(instructions / 3);
  const bytes = FRAME_BASE + SLOT * (vectors ? 2 : 1) * values + INLINED * Math.min(calls, INLINED_MAX);
  return Math.ceil(bytes / FRAME_UNIT);
}
