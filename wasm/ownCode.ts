import { FUEL_UNIT } from './balance.ts';
import { byteLength } from './byteWriter.ts';
import { canonicalGroups } from './canonicalNan.ts';
import { outerOf } from './innerFunctions.ts';
import type { MeteredModule } from './meter.ts';
import { EMPTY_BLOCK, Op } from './opcodes.ts';
import { skipImmediates } from './skipImmediates.ts';
import { smallIndex } from './smallIndex.ts';

/** A stretch of a metered body that the meter put in. */
export interface OwnStretch {
  /** Offset after it. */
  next: number;
  /** Instructions it charges for. */
  charge: number;
  /**
   * Length in bytes of the original `br_if` that this stretch replaces, which costs 1; 0 where it
   * replaces nothing.
   */
  stands: number;
  /** In front of a round of a loop that was unrolled: the first, or the same code once more. */
  round: 'first' | 'again' | null;
}

/** Bytes of a `br_if` that can be left early: its label takes one. */
const BR_IF_BYTES = 2;

/** Tells what the meter put into one body (docs/meter.md, "The rewriting"). */
export class OwnCode {
  /** Bytes by which the declaration of the locals grew. */
  readonly addedLocals: number;
  private readonly metered: MeteredModule;
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly fuelGlobal: number;
  /** -1 when the body has none. */
  private readonly fuelLocal: number;
  /** Bytes of the declaration of the locals that NaNs are made canonical with; 0 when none are. */
  private readonly canonical: number;
  /** The first of these locals. */
  private readonly canonicalLocal: number;
  /** Offsets between which the original's code lies in the blocks put around it. */
  private readonly from: number;
  private readonly to: number;

  /**
   * @param index of the function
   * @param start of the body, after its size
   * @param first offset of its first instruction
   */
  constructor(metered: MeteredModule, index: number, start: number, first: number, end: number) {
    const { bytes } = metered;
    this.metered = metered;
    this.bytes = bytes;
    this.end = end;
    this.fuelGlobal = metered.fuelGlobal;
    const global = byteLength(metered.fuelGlobal);
    const inner = outerOf(metered, index) !== undefined;
    if (inner) {
      // The balance, a local of one byte, is returned at the end. Before a trap at the end it is
      // stored, too.
      const wrapped = bytes[end - 4] !== Op.end;
      this.fuelLocal = bytes[wrapped ? end - 4 - global : end - 2] as number;
      this.from = wrapped ? this.after(this.after(first)) : this.after(first);
      // local.get, return, nops, end, local.get, global.set, unreachable, end; or local.get, end
      this.to = wrapped ? this.beforeNops(end - 6 - global) - 3 : end - 3;
    } else {
      ({ local: this.fuelLocal, from: this.from, to: this.to } = this.outline(first));
    }
    // The declaration of the balance comes last, except for the locals that make NaNs canonical.
    this.canonical = this.fuelLocal === -1 ? 0 : canonicalGroups(bytes[first - 1] as number);
    const groups = 1 + this.canonical / 2;
    let groupBytes = 1;
    while ((bytes[start + groupBytes - 1] as number) >= 0x80) groupBytes++;
    const least = 128 ** (groupBytes - 1);
    const count = smallIndex(bytes, start);
    const widened = groupBytes > 1 && count >= least && count - groups < least;
    this.addedLocals = this.fuelLocal === -1 ? 0 : 2 * groups + (widened ? 1 : 0);
    this.canonicalLocal = inner
      ? this.fuelLocal + 1 + this.declared(start, groupBytes, count - this.canonical / 2)
      : this.fuelLocal + 1;
  }

  /**
   * Finds the local of the balance and the code of the original, in a function that takes its
   * balance from the global.
   */
  private outline(first: number): { local: number; from: number; to: number } {
    const { bytes, end } = this;
    // A body with a local for the balance begins by loading it, and tests it first or charges it at
    // once. Any other body uses the global alone.
    let at = first;
    // Only own code begins with the balance, and a body that has any begins with it.
    const inner = bytes[at] === Op.block ? this.after(at) : at;
    const wrapped = bytes[inner] === Op.block && this.isGlobal(Op.globalGet, this.after(inner));
    if (wrapped) at = this.after(inner);
    const from = at;
    if (this.isGlobal(Op.globalGet, at)) {
      at = this.after(at);
      if (bytes[at] === Op.i64Const && bytes[this.after(at)] === Op.i64Sub) at = this.after(this.after(at));
    }
    const sets = bytes[at] === Op.localSet || bytes[at] === Op.localTee;
    const local = at > from && sets ? smallIndex(bytes, at + 1) : -1;
    // return, nops, end, the store, unreachable, end
    const closing = end - 5 - byteLength(local) - byteLength(this.fuelGlobal);
    return { local, from, to: wrapped ? this.beforeNops(closing) - 1 : end };
  }

  /** Offset of the first of the nops that end at an offset. */
  private beforeNops(offset: number): number {
    let at = offset;
    while (this.bytes[at - 1] === Op.nop) at--;
    return at;
  }

  /**
   * Number of locals in the first groups that a body declares.
   *
   * `skip` bytes hold the number of groups.
   */
  private declared(start: number, skip: number, groups: number): number {
    const { bytes } = this;
    let at = start + skip;
    let locals = 0;
    for (let i = 0; i < groups; i++) {
      locals += smallIndex(bytes, at);
      while ((bytes[at++] as number) >= 0x80);
      at++;
    }
    return locals;
  }

  /**
   * Number of bytes by which the original instruction at an offset grew: a call that goes to an
   * inner function now.
   */
  grown(offset: number): number {
    const { bytes, metered } = this;
    if (bytes[offset] !== Op.call) return 0;
    const callee = smallIndex(bytes, offset + 1);
    const outer = outerOf(metered, callee);
    const length = this.after(offset) - offset - 1;
    return outer === undefined || length > byteLength(callee) ? 0 : length - byteLength(outer);
  }

  /**
   * The added code at an offset where an instruction begins; null when that instruction is the
   * module's own.
   */
  at(offset: number): OwnStretch | null {
    const { bytes } = this;
    if (offset < this.from) return { next: this.from, charge: 0, stands: 0, round: null };
    if (offset >= this.to) return { next: this.end, charge: 0, stands: 0, round: null };
    if (this.isGlobal(Op.globalGet, offset)) return this.balance(offset);
    if (this.isLocal(Op.localGet, offset) || this.isLocal(Op.localTee, offset)) return this.balance(offset);
    if (this.isLocal(Op.localSet, offset)) return { next: this.after(offset), charge: 0, stands: 0, round: null };
    const opcode = bytes[offset];
    if (opcode === Op.call && smallIndex(bytes, offset + 1) === this.metered.interruptFunction) {
      return { next: this.after(offset), charge: 0, stands: 0, round: null };
    }
    if (this.canonical > 0 && opcode === Op.localTee && smallIndex(bytes, offset + 1) >= this.canonicalLocal) {
      // local.tee, the NaN, local.get twice, the comparison, the choice
      let next = offset;
      for (let i = 0; i < 6; i++) next = this.after(next);
      return { next, charge: 0, stands: 0, round: null };
    }
    if (opcode === Op.if && bytes[offset + 1] === EMPTY_BLOCK && this.paysBack(offset + 2)) {
      let next = this.after(this.after(this.after(this.after(offset + 2))));
      if (this.isLocal(Op.localGet, next)) next = this.after(this.after(next));
      // br, end
      return { next: this.after(next) + 1, charge: 0, stands: BR_IF_BYTES, round: null };
    }
    if (opcode === Op.else && this.paysBack(offset + 1)) {
      return { next: this.afterPayBack(offset + 1), charge: 0, stands: 0, round: null };
    }
    return null;
  }

  /**
   * Reads added code that begins with the balance on the stack: a charge, a load, a store or a
   * check.
   */
  private balance(offset: number): OwnStretch {
    const { bytes } = this;
    let at = this.after(offset);
    // The last argument of a call, or the last result.
    if (bytes[at] === Op.call || bytes[at] === Op.return) return { next: at, charge: 0, stands: 0, round: null };
    if (bytes[at] === Op.localTee) at = this.after(at);
    // The block around a loop that was unrolled is opened or closed.
    if (bytes[at] === Op.drop) return { next: this.after(at + 1), charge: 0, stands: 0, round: null };
    if (bytes[at] === Op.localSet && bytes[offset] === Op.localGet) return this.betweenRounds(this.after(at));
    // The store in front of a jump or the end, or a load.
    if (bytes[at] !== Op.i64Const) return { next: this.after(at), charge: 0, stands: 0, round: null };
    const constant = at + 1;
    at = this.after(at);
    if (bytes[at] === Op.i64Sub) {
      // The weight of the frame can be part of the number. It is less than half of an instruction's
      // cost.
      const charge = Math.round(signedAt(bytes, constant) / FUEL_UNIT);
      return { next: this.after(at + 1), charge, stands: 0, round: null };
    }
    if (bytes[at] === Op.i64Add) return { next: this.afterPayBack(offset), charge: 0, stands: 0, round: null };
    // Two bits of the balance, or its depth, are taken out first.
    if (bytes[at] === Op.i64And) at = this.after(at + 1);
    // The comparison, then either br_if or if, unreachable, end
    at++;
    return { next: bytes[at] === Op.brIf ? this.after(at) : at + 4, charge: 0, stands: 0, round: null };
  }

  /** At the end of a round's block, if there is one before it, and the start of the next. */
  private betweenRounds(offset: number): OwnStretch {
    const { bytes } = this;
    const isAgain = bytes[offset] === Op.end;
    const start = isAgain ? offset + 1 : offset;
    // There is no block of the original's in such a loop.
    const next = bytes[start] === Op.block ? this.after(start) : start;
    return { next, charge: 0, stands: 0, round: isAgain ? 'again' : 'first' };
  }

  /** After what is paid back, and the branch out of a loop that may follow it at a round's end. */
  private afterPayBack(offset: number): number {
    const next = this.after(this.after(this.after(this.after(offset))));
    return this.bytes[next] === Op.br ? this.after(next) : next;
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

/** A signed LEB128 of a safe integer. */
function signedAt(bytes: Uint8Array, pos: number): number {
  let value = 0;
  for (let at = pos, scale = 1; ; at++) {
    const part = bytes[at] as number;
    value += (part & 0x7f) * scale;
    scale *= 128;
    if (part < 0x80) return part & 0x40 ? value - scale : value;
  }
}
