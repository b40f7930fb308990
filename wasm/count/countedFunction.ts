/**
 * Instructions that cost fuel, in order.
 *
 * An instruction of an unrolled loop occurs once for each iteration that was written. All arrays
 * have the same length.
 */
export interface CountedFunction {
  /** Offset in the counting module, and the bytes of the instruction there. */
  at: Uint32Array;
  length: Uint32Array;
  /** Offset in the original function body, from the locals' count. */
  bodyOffset: Uint32Array;
  /** The stretch it belongs to. */
  stretch: Uint32Array;
}
