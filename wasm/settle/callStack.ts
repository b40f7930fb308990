import type { MeteredModule } from '../meter/meteredModule.ts';
import { codePoint } from './codePoint.ts';
import { stackFrame } from './stackFrame.ts';

/** A call that had not returned, in terms of the original module. */
export interface CallFrame {
  /** Function index. */
  function: number;
  /**
   * Byte offset of the instruction from the start of the function's body (the locals' count).
   *
   * 0 is the function as a whole: it was just entered, or its fuel ended somewhere in it.
   */
  offset: number;
}

/** Most bytes of code read for one stack: each offset needs a walk from its function's start. */
const WALKED_MAX = 8 * 1024 * 1024;

/**
 * Finds the calls under way in the `stack` of an error that V8 threw or a host function made.
 *
 * The frames are those of the original module: the meter's own functions are left out, and a
 * function that became two counts once. Two runs that end alike give the same frames, except where
 * the engine's own stack overflowed.
 *
 * @param most frames to return
 * @returns the innermost first
 */
export function callStack(metered: MeteredModule, stack: string, most: number): CallFrame[] {
  const frames: CallFrame[] = [];
  const known = new Map<string, CallFrame>();
  const ofModule = metered.interruptFunction + metered.inner.length;
  let walked = 0;
  /** Outer function of the last frame's inner function; its own frame is no call. */
  let handsOver = -1;
  for (const line of stack.split('\n')) {
    const at = stackFrame(line);
    if (at === null || frames.length === most) continue;
    const { functionIndex } = at;
    if (functionIndex === handsOver || functionIndex === metered.interruptFunction || functionIndex > ofModule) {
      handsOver = -1;
      continue;
    }
    const key = `${functionIndex}:${at.offset}`;
    let frame = known.get(key);
    if (frame === undefined) {
      if (walked > WALKED_MAX) break;
      const point = codePoint(metered, at);
      if (point === null) break;
      walked += point.bodyBytes;
      frame = { function: point.functionIndex, offset: point.bodyOffset };
      known.set(key, frame);
    }
    handsOver = frame.function === functionIndex ? -1 : frame.function;
    frames.push(frame);
  }
  return frames;
}
