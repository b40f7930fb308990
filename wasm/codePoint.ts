import { BinaryReader } from './binaryReader.ts';
import { outerOf } from './innerFunctions.ts';
import type { MeteredModule } from './meter.ts';
import { Op } from './opcodes.ts';
import { OwnCode } from './ownCode.ts';
import { skipImmediates } from './skipImmediates.ts';
import { skipLocals } from './skipLocals.ts';
import type { StackFrame } from './stackFrame.ts';

/** A place in a metered module, in terms of the module it was made from. */
export interface CodePoint {
  /** Function index. */
  functionIndex: number;
  /**
   * Byte offset of the instruction in the original module, from the start of its function's body
   * (the locals' count); 0 where only the function is known.
   */
  bodyOffset: number;
  /** Fuel charged for instructions that were not executed. */
  refund: number;
  /** The place is in code of the meter. A trap there means too little fuel, or calls too deep. */
  own: boolean;
  /** Bytes of the function's body in the metered module. */
  bodyBytes: number;
}

/** Locals that the meter adds: the balance, and an f32, an f64, a v128 for canonical NaNs. */
const LOCALS_ADDED = 4;

/** Finds the original place of an offset in a metered module; null outside of its functions. */
export function codePoint(metered: MeteredModule, { functionIndex, offset }: StackFrame): CodePoint | null {
  const index = functionIndex - metered.importedFunctions;
  if (index < 0 || metered.codeOffset < 0) return null;
  const body = bodyAt(metered, index);
  if (body === null || offset < body.start || offset >= body.end) return null;
  const bodyBytes = body.end - body.start;
  // A function that hands over has no code of the module. Only the engine's stack overflows here.
  if (metered.inner.includes(functionIndex)) return { functionIndex, bodyOffset: 0, refund: 0, own: false, bodyBytes };
  return {
    functionIndex: outerOf(metered, functionIndex) ?? functionIndex,
    ...walkTo(metered, functionIndex, body.start, body.end, offset),
    bodyBytes,
  };
}

function bodyAt(metered: MeteredModule, index: number): { start: number; end: number } | null {
  const reader = new BinaryReader(metered.bytes, metered.codeOffset);
  const count = reader.u32();
  if (index >= count) return null;
  for (let i = 0; ; i++) {
    const size = reader.u32();
    if (i === index) return { start: reader.pos, end: reader.pos + size };
    reader.pos += size;
  }
}

/**
 * Walks a metered body up to `offset` and counts the fuel charged for instructions not executed.
 *
 * Code of the meter is known by the fuel global and the local for the balance, which the module's
 * own code cannot name. A trap in that code refunds nothing, nor does one at the entry, where the
 * engine's own stack overflows.
 */
function walkTo(
  metered: MeteredModule,
  functionIndex: number,
  start: number,
  end: number,
  offset: number,
): { bodyOffset: number; refund: number; own: boolean } {
  const { bytes } = metered;
  const first = skipLocals(bytes, start, end, LOCALS_ADDED);
  if (offset < first) return { bodyOffset: 0, refund: 0, own: false };
  const own = new OwnCode(metered, functionIndex, start, first, end);
  let at = first;
  let added = own.addedLocals;
  let owed = 0;
  /** Offset in the original of the code that an unrolled loop repeats. */
  let round = 0;
  /** For each open block, the fuel charged ahead at an `if`. */
  const open: number[] = [0];
  while (at < end) {
    const put = own.at(at);
    if (put !== null) {
      // Many checks share the trap at a body's end, so the place of the check is unknown.
      if (offset < put.next) return { bodyOffset: put.next === end ? 0 : at - start - added, refund: 0, own: true };
      owed += put.charge;
      added += put.next - at - put.stands;
      if (put.stands > 0) owed--;
      at = put.next;
      if (put.round === 'first') round = at - added;
      else if (put.round === 'again') added = at - round;
      continue;
    }
    const opcode = bytes[at] as number;
    const next = skipImmediates(bytes, opcode, at + 1, end);
    switch (opcode) {
      case Op.block:
      case Op.loop:
        open.push(0);
        break;
      case Op.if:
        owed--;
        open.push(owed);
        break;
      case Op.else:
        owed = open.at(-1) as number;
        open[open.length - 1] = 0;
        break;
      case Op.end:
        open.pop();
        // Only dead code, which is not charged, brings it below zero. It ends at an end or else.
        owed = Math.max(0, owed);
        break;
      default:
        owed--;
    }
    if (offset < next) return { bodyOffset: at - start - added, refund: Math.max(0, owed), own: false };
    added += own.grown(at);
    at = next;
  }
  return { bodyOffset: 0, refund: 0, own: false };
}
