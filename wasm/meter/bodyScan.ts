import { afterNumber, u32At } from '../read/leb128.ts';
import { isBulk } from '../read/mayTrap.ts';
import { EMPTY_BLOCK, Op } from '../read/opcodes.ts';
import type { Signatures } from '../read/signatures.ts';
import { skipImmediates } from '../read/skipImmediates.ts';
import { skipLocals } from '../read/skipLocals.ts';
import { EFFECTS } from '../read/stackEffect.ts';
import { WasmInvalidError } from '../read/wasmInvalid.ts';
import { BodyFacts } from './bodyFacts.ts';
import { SmallLoopScan } from './smallLoop.ts';
import { STEP_KINDS, StepKind } from './stepKind.ts';

const V128 = 0x7b;

/** No opcode below this makes a NaN or has a prefix. */
const FIRST_FLOAT = 0x8d;

/** For control instructions: the fuel that they cost. */
const COST = new Uint8Array(Op.returnCallIndirect + 1).fill(1);
for (const free of [Op.block, Op.loop, Op.else, Op.end]) COST[free] = 0;

/** For control instructions: 1 where a region can end. */
const DIVIDES = new Uint8Array(Op.returnCallIndirect + 1).fill(1);
for (const opcode of [Op.nop, Op.block, Op.else, Op.end]) DIVIDES[opcode] = 0;

/**
 * The first pass over function bodies: it collects their {@link BodyFacts}.
 *
 * Bodies are scanned in their order.
 */
export class BodyScan {
  readonly facts: BodyFacts;
  /** 1 for each function that a `call` names. */
  readonly called: Uint8Array;
  private readonly signatures: Signatures;
  private readonly smallLoops: SmallLoopScan;
  private depth = -1;
  /** Offset after the last branch that went back to a loop. */
  private wentBack = -1;
  /**
   * Facts of each open block: the number of its `if` plus 1, or 0; whether it is a loop; whether a
   * branch to its end carries no value.
   */
  private ifOf = new Int32Array(64);
  private loops = new Uint8Array(64);
  private plain = new Uint8Array(64);

  /** @param bodies number of bodies of the module */
  constructor(signatures: Signatures, bodies: number) {
    this.signatures = signatures;
    this.facts = new BodyFacts(bodies);
    this.called = new Uint8Array(signatures.typeOf.length);
    this.smallLoops = new SmallLoopScan(this.facts.smallLoops);
  }

  /**
   * Scans the next body.
   *
   * @param pos offset after the body's size
   * @throws {WasmInvalidError} malformed, limit, unsupported
   */
  scan(bytes: Uint8Array, pos: number, end: number): void {
    const { facts } = this;
    facts.begin(pos, end, skipLocals(bytes, pos, end));
    this.countLocals(bytes, pos);
    this.smallLoops.begin(end - pos);
    this.wentBack = -1;
    this.depth = -1;
    this.open(0, 0, 0);
    const after = this.walk(bytes, facts.first, end);
    if (after !== end) throw new WasmInvalidError('malformed', after, 'bytes after the end of a function body');
    facts.keep();
  }

  /**
   * Walks over the instructions up to the last `end`, and counts their cost.
   *
   * Nothing comes after the loop (keptValues.ts says why).
   *
   * @returns the offset after it
   */
  private walk(bytes: Uint8Array, first: number, end: number): number {
    const { facts } = this;
    let at = first;
    let cost = 0;
    do {
      if (at >= end) throw new WasmInvalidError('malformed', end, 'a function body without its end');
      const start = at;
      const opcode = bytes[start] as number;
      if (STEP_KINDS[opcode] === StepKind.bare && opcode < FIRST_FLOAT) {
        at++;
        cost++;
        continue;
      }
      at = skipImmediates(bytes, opcode, start + 1, end);
      if (opcode > Op.returnCallIndirect) {
        cost++;
        if (opcode >= FIRST_FLOAT || opcode === Op.memoryGrow) this.step(bytes, opcode, start);
      } else {
        cost += COST[opcode] as number;
        facts.cost = cost;
        if (DIVIDES[opcode] === 1) facts.straight = false;
        this.control(bytes, opcode, start, at, cost);
      }
    } while (this.depth >= 0);
    return at;
  }

  private step(bytes: Uint8Array, opcode: number, start: number): void {
    const { facts } = this;
    if (opcode === Op.memoryGrow) {
      facts.straight = false;
      facts.checks = true;
      this.smallLoops.reject();
    } else if (opcode === Op.prefixFd) {
      facts.vectors = true;
    } else if (opcode === Op.prefixFc) {
      if (isBulk(bytes, start)) this.smallLoops.reject();
    } else if (EFFECTS.makes[opcode] !== 0) {
      facts.floats = true;
    }
  }

  private control(bytes: Uint8Array, opcode: number, start: number, next: number, cost: number): void {
    const smallLoops = this.smallLoops;
    switch (opcode) {
      case Op.nop:
        return;
      case Op.block:
      case Op.loop:
      case Op.if:
        this.openBlock(opcode, start, bytes[start + 1] === EMPTY_BLOCK, cost);
        return;
      case Op.else:
        // To charge one of two arms in front saves a charge and costs the other arm none.
        this.markLikely();
        smallLoops.reject();
        return;
      case Op.end:
        if (this.wentBack === start) this.markLikely();
        smallLoops.ends(start, this.depth, cost);
        this.depth--;
        return;
      case Op.br: {
        const target = this.depth - u32At(bytes, start + 1);
        if (target >= 0 && this.loops[target] === 1) this.wentBack = next;
        smallLoops.branches(next, target);
        return;
      }
      case Op.brIf: {
        const label = u32At(bytes, start + 1);
        const target = this.depth - label;
        smallLoops.branchesIf(next, label, target, this.plain[target] === 1);
        return;
      }
      case Op.call:
      case Op.callIndirect:
        this.call(opcode, u32At(bytes, start + 1));
        return;
      case Op.returnCall:
      case Op.returnCallIndirect:
        this.facts.calls = true;
        this.facts.tailCalls = true;
        break;
      default: // unreachable, br_table, return
    }
    smallLoops.reject();
  }

  private openBlock(opcode: number, start: number, isEmpty: boolean, cost: number): void {
    const { facts } = this;
    const smallLoops = this.smallLoops;
    if (opcode === Op.loop) {
      facts.checks = true;
      this.open(0, 1, 0);
      smallLoops.opens(start, this.depth, cost, isEmpty);
    } else if (opcode === Op.if) {
      this.open(facts.addIf() + 1, 0, isEmpty ? 1 : 0);
      smallLoops.opensIf(isEmpty);
    } else {
      this.open(0, 0, isEmpty ? 1 : 0);
      smallLoops.reject();
    }
  }

  /** Marks the `if` whose block is the innermost, if it is one. */
  private markLikely(): void {
    const number = this.ifOf[this.depth] as number;
    if (number > 0) this.facts.markLikely(number - 1);
  }

  private call(opcode: number, index: number): void {
    const { facts } = this;
    const { params, results, typeOf } = this.signatures;
    const type = opcode === Op.call ? (typeOf[index] ?? 0) : index;
    if (opcode === Op.call) this.called[index] = 1;
    facts.waiting++;
    facts.callValues += (params[type] ?? 0) + (results[type] ?? 0);
    facts.calls = true;
    this.smallLoops.reject();
  }

  private open(ifNumber: number, loop: number, plain: number): void {
    const depth = ++this.depth;
    if (depth === this.loops.length) {
      const ifOf = new Int32Array(depth * 2);
      ifOf.set(this.ifOf);
      this.ifOf = ifOf;
      const loops = new Uint8Array(depth * 2);
      loops.set(this.loops);
      this.loops = loops;
      const plains = new Uint8Array(depth * 2);
      plains.set(this.plain);
      this.plain = plains;
    }
    this.ifOf[depth] = ifNumber;
    this.loops[depth] = loop;
    this.plain[depth] = plain;
  }

  private countLocals(bytes: Uint8Array, pos: number): void {
    const { facts } = this;
    let at = afterNumber(bytes, pos);
    for (let groups = u32At(bytes, pos); groups > 0; groups--) {
      facts.locals += u32At(bytes, at);
      at = afterNumber(bytes, at);
      if (bytes[at++] === V128) facts.vectors = true;
    }
  }
}
