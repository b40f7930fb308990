import type { MeteredModule } from './meter.ts';
import { Op } from './opcodes.ts';
import { skipImmediates } from './skipImmediates.ts';
import { smallIndex } from './smallIndex.ts';

/** A stretch of a metered body that the meter put in. */
export interface OwnStretch {
  /** Offset after it. */
  next: number;
  /** What it takes off the balance. */
  charge: number;
  /** Bytes of the original's `br_if` it stands for, which costs 1; 0 where it stands for nothing. */
  stands: number;
}

/** Bytes of a `br_if` that can be left early: its label takes one. */
const BR_IF_BYTES = 2;

/** Tells what the meter put into one body (docs/meter.md, "The rewriting"). */
export class OwnCode {
  /** Bytes by which the declaration of the locals grew. */
  readonly addedLocals: number;
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly fuelGlobal: number;
  /** -1 when the body has none. */
  private readonly fuelLocal: number;

  /**
   * @param start of the body, after its size
   * @param first offset of its first instruction
   */
  constructor(metered: MeteredModule, start: number, first: number, end: number) {
    const { bytes } = metered;
    this.bytes = bytes;
    this.end = end;
    this.fuelGlobal = metered.fuelGlobal;
    // A body with a local for the balance begins by loading it; any other is charged by the global alone, or not at all.
    let at = first;
    if (this.isGlobal(Op.globalGet, at)) {
      at = this.after(at);
      if (bytes[at] === Op.i64Const) at = this.after(this.after(at));
    }
    this.fuelLocal = at > first && bytes[at] === Op.localSet ? smallIndex(bytes, at + 1) : -1;
    let groupBytes = 1;
    while ((bytes[start + groupBytes - 1] as number) >= 0x80) groupBytes++;
    const widened = groupBytes > 1 && smallIndex(bytes, start) === 128 ** (groupBytes - 1);
    this.addedLocals = this.fuelLocal === -1 ? 0 : 2 + (widened ? 1 : 0);
  }

  /** What was put in at an offset where an instruction begins; null when that instruction is the module's own. */
  at(offset: number): OwnStretch | null {
    const { bytes } = this;
    if (this.isGlobal(Op.globalGet, offset)) return this.balance(offset);
    if (this.isLocal(Op.localGet, offset)) return this.balance(offset);
    const opcode = bytes[offset];
    if (opcode === Op.if && bytes[offset + 1] === 0x40 && this.paysBack(offset + 2)) {
      let next = this.after(this.after(this.after(this.after(offset + 2))));
      if (this.isLocal(Op.localGet, next)) next = this.after(this.after(next));
      // br, end
      return { next: this.after(next) + 1, charge: 0, stands: BR_IF_BYTES };
    }
    if (opcode === Op.else && this.paysBack(offset + 1)) {
      return { next: this.after(this.after(this.after(this.after(offset + 1)))), charge: 0, stands: 0 };
    }
    return null;
  }

  /** What begins with the balance on the stack: a charge, a load, a store or a check. */
  private balance(offset: number): OwnStretch {
    const { bytes } = this;
    const second = this.after(offset);
    if (bytes[second] !== Op.i64Const) return { next: this.after(second), charge: 0, stands: 0 };
    const third = this.after(second);
    if (bytes[third] === Op.i64Sub) {
      return { next: this.after(third + 1), charge: signedAt(bytes, second + 1), stands: 0 };
    }
    // i64.lt_s, if, its block type
    let next = third + 3;
    if (this.isLocal(Op.localGet, next)) next = this.after(this.after(next));
    // unreachable, end
    return { next: next + 2, charge: 0, stands: 0 };
  }

  private paysBack(offset: number): boolean {
    if (!this.isLocal(Op.localGet, offset)) return false;
    const second = this.after(offset);
    return this.bytes[second] === Op.i64Const && this.bytes[this.after(second)] === Op.i64Add;
  }

  private isGlobal(opcode: number, offset: number): boolean {
    return this.bytes[offset] === opcode && smallIndex(this.bytes, offset + 1) === this.fuelGlobal;
  }

  private isLocal(opcode: number, offset: number): boolean {
    return (
      this.fuelLocal !== -1 && this.bytes[offset] === opcode && smallIndex(this.bytes, offset + 1) === this.fuelLocal
    );
  }

  private after(offset: number): number {
    return skipImmediates(this.bytes, this.bytes[offset] as number, offset + 1, this.end);
  }
}

/** A signed LEB128 of less than 31 bits. */
function signedAt(bytes: Uint8Array, pos: number): number {
  let value = 0;
  let shift = 0;
  for (let at = pos; ; at++) {
    const part = bytes[at] as number;
    value |= (part & 0x7f) << shift;
    shift += 7;
    if (part < 0x80) return part & 0x40 ? value | (-1 << shift) : value;
  }
}
