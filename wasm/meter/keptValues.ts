import { u32At } from '../read/leb128.ts';
import { EMPTY_BLOCK, Op } from '../read/opcodes.ts';
import type { Signatures } from '../read/signatures.ts';
import { skipImmediates } from '../read/skipImmediates.ts';
import { EFFECTS, FC_EFFECTS, FD_EFFECTS } from '../read/stackEffect.ts';
import { STEP_KINDS, StepKind } from './stepKind.ts';

/** Count of computed instructions in dead code: above every real count. */
const NEVER = 1e9;

const { pops: POPS, pushes: PUSHES } = EFFECTS;

const LOOP = 1;
const IF = 2;

/** For opcodes above the control instructions: 1 where a result or address is worth keeping. */
const COMPUTES = new Uint8Array(256).fill(1);
COMPUTES[0x1a] = 0; // drop
COMPUTES.fill(0, 0x20, 0x23); // local.get, local.set, local.tee
COMPUTES.fill(0, 0x41, 0x45); // constants

/**
 * Bounds the values that frames keep beside their locals (docs/internals/meter.md, "Depth").
 *
 * The bound of a function is a sum of three parts:
 *
 * - the most operands on the stack at once, which a baseline compiler keeps;
 * - the most computing instructions that every way to one place executes: an optimiser keeps a
 *   result for later only where every way there computed it;
 * - the most parameters and results of one call.
 *
 * The body must be valid.
 */
export class KeptValues {
  private readonly signatures: Signatures;
  private base = new Int32Array(64);
  private params = new Uint16Array(64);
  private results = new Uint16Array(64);
  private kinds = new Uint8Array(64);
  /** For each open block, the fewest computed on a way to its end; for an `if`, those before it. */
  private reached = new Int32Array(64);
  private depth = 0;
  private height = 0;
  private computed = 0;
  private operands = 0;
  private kept = 0;
  private passed = 0;

  constructor(signatures: Signatures) {
    this.signatures = signatures;
  }

  /**
   * Counts the values of one body.
   *
   * @param first offset of its first instruction
   * @param end offset after the body
   * @param results number of the function's results
   */
  count(bytes: Uint8Array, first: number, end: number, results: number): number {
    this.depth = -1;
    this.height = 0;
    this.computed = 0;
    this.operands = 0;
    this.kept = 0;
    this.passed = 0;
    this.open(0, 0, results);
    this.walk(bytes, first, end);
    return this.operands + this.kept + this.passed;
  }

  /**
   * Walks over the instructions.
   *
   * V8 enters a long loop in compiled code, and leaves that code at the first access after the
   * loop which it has not seen yet. So nothing comes after it here.
   */
  private walk(bytes: Uint8Array, first: number, end: number): void {
    for (let at = first; this.depth >= 0; ) {
      const start = at;
      const opcode = bytes[start] as number;
      at = STEP_KINDS[opcode] === StepKind.bare ? start + 1 : skipImmediates(bytes, opcode, start + 1, end);
      if (opcode > Op.returnCallIndirect) this.step(bytes, opcode, start);
      else this.control(bytes, opcode, start);
    }
  }

  private step(bytes: Uint8Array, opcode: number, start: number): void {
    let popped: number;
    let pushed: number;
    if (opcode < Op.prefixFc) {
      popped = POPS[opcode] as number;
      pushed = PUSHES[opcode] as number;
    } else {
      const effects = opcode === Op.prefixFc ? FC_EFFECTS : FD_EFFECTS;
      const number = u32At(bytes, start + 1);
      popped = effects.pops[number] as number;
      pushed = effects.pushes[number] as number;
    }
    this.take(popped);
    this.give(pushed);
    if (COMPUTES[opcode] === 1 && ++this.computed < NEVER && this.computed > this.kept) this.kept = this.computed;
  }

  private take(count: number): void {
    this.height = Math.max(this.base[this.depth] as number, this.height - count);
  }

  private give(count: number): void {
    this.height += count;
    if (this.height > this.operands) this.operands = this.height;
  }

  private control(bytes: Uint8Array, opcode: number, start: number): void {
    switch (opcode) {
      case Op.nop:
        return;
      case Op.if:
        this.take(1);
        this.block(bytes, start, IF);
        return;
      case Op.loop:
        this.block(bytes, start, LOOP);
        return;
      case Op.block:
        this.block(bytes, start, 0);
        return;
      case Op.else:
        this.computed = this.reached[this.depth] as number;
        this.height = (this.base[this.depth] as number) + (this.params[this.depth] as number);
        return;
      case Op.end:
        this.close();
        return;
      case Op.call:
      case Op.callIndirect:
      case Op.returnCall:
      case Op.returnCallIndirect:
        this.call(bytes, opcode, start);
        return;
      case Op.brIf:
        this.take(1);
        this.branch(u32At(bytes, start + 1));
        return;
      case Op.br:
        this.branch(u32At(bytes, start + 1));
        break;
      case Op.brTable:
        this.branchTable(bytes, start);
        break;
      default: // unreachable, return
    }
    this.leave();
  }

  /** Begins dead code in the innermost block. */
  private leave(): void {
    this.height = this.base[this.depth] as number;
    this.computed = NEVER;
  }

  private branch(label: number): void {
    const target = this.depth - label;
    // A branch back to a loop's head adds no way to its end.
    if (this.kinds[target] === LOOP) return;
    this.reached[target] = Math.min(this.reached[target] as number, this.computed);
  }

  private branchTable(bytes: Uint8Array, start: number): void {
    this.take(1);
    const labels = u32At(bytes, start + 1);
    let at = start + 1;
    for (let i = 0; i <= labels; i++) {
      while ((bytes[at++] as number) >= 0x80);
      this.branch(u32At(bytes, at));
    }
  }

  private call(bytes: Uint8Array, opcode: number, start: number): void {
    const { params, results, typeOf } = this.signatures;
    const isIndirect = opcode === Op.callIndirect || opcode === Op.returnCallIndirect;
    const index = u32At(bytes, start + 1);
    const type = isIndirect ? index : (typeOf[index] ?? 0);
    const taken = params[type] as number;
    const given = results[type] as number;
    this.take(taken + (isIndirect ? 1 : 0));
    if (opcode === Op.returnCall || opcode === Op.returnCallIndirect) {
      this.leave();
      return;
    }
    this.give(given);
    this.passed = Math.max(this.passed, taken + given);
  }

  private block(bytes: Uint8Array, start: number, kind: number): void {
    const byte = bytes[start + 1] as number;
    if (byte === EMPTY_BLOCK) this.open(kind, 0, 0);
    else if (byte > EMPTY_BLOCK && byte < 0x80) this.open(kind, 0, 1);
    else {
      const type = u32At(bytes, start + 1);
      this.open(kind, this.signatures.params[type] as number, this.signatures.results[type] as number);
    }
  }

  private open(kind: number, params: number, results: number): void {
    const depth = ++this.depth;
    if (depth === this.kinds.length) this.grow();
    const below = depth === 0 ? 0 : (this.base[depth - 1] as number);
    this.base[depth] = Math.max(below, this.height - params);
    this.height = (this.base[depth] as number) + params;
    this.params[depth] = params;
    this.results[depth] = results;
    this.kinds[depth] = kind;
    this.reached[depth] = kind === IF ? this.computed : NEVER;
  }

  private close(): void {
    const depth = this.depth--;
    this.computed = Math.min(this.computed, this.reached[depth] as number);
    this.height = this.base[depth] as number;
    if (depth > 0) this.give(this.results[depth] as number);
  }

  private grow(): void {
    const length = this.kinds.length * 2;
    const base = new Int32Array(length);
    base.set(this.base);
    this.base = base;
    const reached = new Int32Array(length);
    reached.set(this.reached);
    this.reached = reached;
    const params = new Uint16Array(length);
    params.set(this.params);
    this.params = params;
    const results = new Uint16Array(length);
    results.set(this.results);
    this.results = results;
    const kinds = new Uint8Array(length);
    kinds.set(this.kinds);
    this.kinds = kinds;
  }
}
