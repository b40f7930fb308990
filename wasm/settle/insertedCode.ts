import { outerOf } from '../meter/innerFunctions.ts';
import { readCanonicalNan } from '../meter/inserted/canonicalNan.ts';
import { readCharge, readLoad, readPassed, readStore } from '../meter/inserted/charge.ts';
import { readCheck } from '../meter/inserted/check.ts';
import { CodeReader } from '../meter/inserted/codeReader.ts';
import { type BodyOffsets, type Envelope, readEnvelope } from '../meter/inserted/envelope.ts';
import { type Insertion, insertionTo } from '../meter/inserted/insertion.ts';
import { readInterruptCall } from '../meter/inserted/interruptCall.ts';
import { readAround, readIteration } from '../meter/inserted/iteration.ts';
import { readElseRefund, readExit, readRefund } from '../meter/inserted/refund.ts';
import type { MeteredModule } from '../meter/meteredModule.ts';
import { byteLength, u32At } from '../read/leb128.ts';
import { Op } from '../read/opcodes.ts';

/**
 * Recognises what the meter put into one body (docs/internals/meter.md, "The rewriting").
 *
 * The module's own code cannot name the fuel global or the locals that the meter added.
 */
export class InsertedCode {
  private readonly metered: MeteredModule;
  private readonly code: CodeReader;
  private readonly envelope: Envelope;

  /** @param index of the function */
  constructor(metered: MeteredModule, index: number, body: BodyOffsets) {
    const { bytes, fuelGlobal } = metered;
    this.metered = metered;
    this.envelope = readEnvelope(bytes, fuelGlobal, outerOf(metered, index) !== undefined, body);
    this.code = new CodeReader(bytes, body.end, fuelGlobal, this.envelope.fuelLocal);
  }

  /** Bytes by which the declaration of the locals grew. */
  get addedLocals(): number {
    return this.envelope.addedLocals;
  }

  /**
   * The insertion at an offset where an instruction begins; null when that instruction is the
   * module's own.
   */
  at(offset: number): Insertion | null {
    const code = this.code;
    const { from, to } = this.envelope;
    if (offset < from) return insertionTo(from);
    if (offset >= to) return insertionTo(code.end);
    switch (code.opcode(offset)) {
      case Op.globalGet:
        return code.isGlobal(Op.globalGet, offset) ? this.ofBalance(offset) : null;
      case Op.localGet:
        return code.isLocal(Op.localGet, offset) ? this.ofBalance(offset) : null;
      case Op.localTee:
        if (code.isLocal(Op.localTee, offset)) return this.ofBalance(offset);
        return readCanonicalNan(code, offset, this.envelope.canonicalLocal);
      case Op.localSet:
        return readLoad(code, offset);
      case Op.call:
        return readInterruptCall(code, offset, this.metered.interruptFunction);
      case Op.if:
        return readExit(code, offset);
      case Op.else:
        return readElseRefund(code, offset);
      default:
        return null;
    }
  }

  /** Reads an insertion that begins with the balance on the stack. */
  private ofBalance(offset: number): Insertion | null {
    const code = this.code;
    return (
      readPassed(code, offset) ??
      readAround(code, offset) ??
      readIteration(code, offset) ??
      readLoad(code, offset) ??
      readStore(code, offset) ??
      readCharge(code, offset) ??
      readRefund(code, offset) ??
      readCheck(code, offset)
    );
  }

  /**
   * Number of bytes by which the original instruction at an offset grew: a call that goes to an
   * inner function now.
   */
  grown(offset: number): number {
    const code = this.code;
    if (code.opcode(offset) !== Op.call) return 0;
    const callee = u32At(code.bytes, offset + 1);
    const outer = outerOf(this.metered, callee);
    const length = code.after(offset) - offset - 1;
    return outer === undefined || length > byteLength(callee) ? 0 : length - byteLength(outer);
  }
}
