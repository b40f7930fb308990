import type { Insertion } from '../meter/inserted/insertion.ts';
import type { MeteredModule } from '../meter/meteredModule.ts';
import { BinaryReader } from '../read/binaryReader.ts';
import { Op } from '../read/opcodes.ts';
import { bodyOffsets, MeteredBody, originalFunction } from './meteredBody.ts';
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
    functionIndex: originalFunction(metered, functionIndex),
    ...walkTo(metered, functionIndex, body, offset),
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
 * A trap in code of the meter refunds nothing, nor does one at the entry, where the engine's own
 * stack overflows.
 */
function walkTo(
  metered: MeteredModule,
  functionIndex: number,
  { start, end }: { start: number; end: number },
  offset: number,
): Pick<CodePoint, 'bodyOffset' | 'refund' | 'own'> {
  const offsets = bodyOffsets(metered.bytes, start, end);
  if (offset < offsets.first) return { bodyOffset: 0, refund: 0, own: false };
  const body = new MeteredBody(metered, functionIndex, offsets);
  const charged = new ChargedAhead();
  while (body.step()) {
    const { insertion, next, bodyOffset } = body;
    const isHere = offset < next;
    if (insertion !== null) {
      // Many checks share the trap at a body's end, so the place of the check is unknown.
      if (isHere) return { bodyOffset: next === end ? 0 : bodyOffset, refund: 0, own: true };
      charged.passInsertion(insertion);
      continue;
    }
    charged.pass(body.opcode);
    if (isHere) return { bodyOffset, refund: Math.max(0, charged.owed), own: false };
  }
  return { bodyOffset: 0, refund: 0, own: false };
}

/** The fuel that is charged and not yet executed, on a walk through a metered body. */
class ChargedAhead {
  /** Instructions. */
  owed = 0;
  /** For each open block, what was owed at its `if`. */
  private readonly open: number[] = [0];

  passInsertion({ charge, replaced }: Insertion): void {
    this.owed += charge;
    // The `br_if` that was replaced costs 1.
    if (replaced > 0) this.owed--;
  }

  /** Passes an instruction of the original. */
  pass(opcode: number): void {
    const open = this.open;
    switch (opcode) {
      case Op.block:
      case Op.loop:
        open.push(0);
        break;
      case Op.if:
        this.owed--;
        open.push(this.owed);
        break;
      case Op.else:
        this.owed = open.at(-1) as number;
        open[open.length - 1] = 0;
        break;
      case Op.end:
        open.pop();
        // Only dead code, which is not charged, brings it below zero. It ends at an end or else.
        this.owed = Math.max(0, this.owed);
        break;
      default:
        this.owed--;
    }
  }
}
