import { u32At } from '../read/leb128.ts';
import { mayTrap } from '../read/mayTrap.ts';
import { Op } from '../read/opcodes.ts';
import { skipImmediates } from '../read/skipImmediates.ts';
import { movesLocal } from './innerFunctions.ts';
import type { OffsetList } from './offsetList.ts';

/** Most instructions of an iteration. */
const COST_MAX = 24;

/**
 * Larger functions keep their loops as they are, so that they do not grow past the engine's bounds.
 */
const FUNCTION_BYTES_MAX = 65_536;

/**
 * Only the first loops of a module are unrolled.
 *
 * The result is up to twenty times as long, and only the size of the module bounds how many loops
 * it has.
 */
export const SMALL_LOOPS_MAX = 10_000;

/** Labels of exits are below this, so that they still take one byte once blocks are put around. */
const LABEL_MAX = 0x7c;

/** An exit of a small loop: a `br_if`. */
export interface SmallLoopExit {
  /** Offset of the branch, and after it. */
  start: number;
  after: number;
  label: number;
  /** The label as seen from around the loop. */
  outerLabel: number;
  /** Instructions of the iteration up to and with it. */
  cost: number;
}

/**
 * A loop of one stretch of code that ends by going back: `br_if 0`, `br 0`, or `br 1` as the last
 * instruction of an `if` that ends the loop.
 *
 * Its only other control instructions are exits.
 */
export interface SmallLoop {
  /** Offset of its first instruction, and after the branch that goes back. */
  first: number;
  back: number;
  /** Offset after its `end`. */
  after: number;
  /** Instructions of an iteration. */
  cost: number;
  /** Instructions of an iteration up to and with its `if`; 0 without one. */
  ifCost: number;
  exits: SmallLoopExit[];
  /** The code after the loop is reached from its end. */
  isLeftAtEnd: boolean;
  mayTrap: boolean;
}

/** Finds the small loops of bodies. The caller reports the control instructions in order. */
export class SmallLoopScan {
  /** Offset of each one found, ascending. */
  private readonly found: number[];
  private isOff = false;
  /** Offset of the loop that may be small; -1 for none. */
  private loop = -1;
  private depth = 0;
  private costBefore = 0;
  private hasIf = false;
  /** Offset after the branch that goes back; -1 before it. */
  private back = -1;

  /** @param found gets the offset of each loop */
  constructor(found: number[]) {
    this.found = found;
  }

  /**
   * Begins a body.
   *
   * @param bytes its size
   */
  begin(bytes: number): void {
    this.loop = -1;
    this.isOff = bytes > FUNCTION_BYTES_MAX;
  }

  /** @param cost of the body up to here */
  opens(offset: number, depth: number, cost: number, isEmpty: boolean): void {
    this.loop = isEmpty && !this.isOff ? offset : -1;
    this.depth = depth;
    this.costBefore = cost;
    this.hasIf = false;
    this.back = -1;
  }

  opensIf(isEmpty: boolean): void {
    if (!isEmpty || this.hasIf || this.back !== -1) this.loop = -1;
    this.hasIf = true;
  }

  branches(after: number, target: number): void {
    if (target !== this.depth || this.back !== -1) this.loop = -1;
    this.back = after;
  }

  /** @param isPlain the branch goes to the end of a block without values */
  branchesIf(after: number, label: number, target: number, isPlain: boolean): void {
    if (target >= this.depth) {
      if (target > this.depth || this.hasIf || this.back !== -1) this.loop = -1;
      this.back = after;
    } else if (!isPlain || label >= LABEL_MAX) this.loop = -1;
  }

  ends(offset: number, depth: number, cost: number): void {
    if (this.loop === -1) return;
    if (this.back !== offset) this.loop = -1;
    else if (depth > this.depth) this.back = offset + 1;
    else {
      if (cost - this.costBefore <= COST_MAX && this.found.length < SMALL_LOOPS_MAX) this.found.push(this.loop);
      this.loop = -1;
    }
  }

  /** Rejects the loop: another control instruction is in it, or one that may take long. */
  reject(): void {
    this.loop = -1;
  }
}

/**
 * Reads a loop that {@link SmallLoopScan} found.
 *
 * @param moved locals from this number on become one more
 * @param movedLocals gets the offset of each such number
 */
export function readSmallLoop(
  bytes: Uint8Array,
  offset: number,
  end: number,
  moved: number,
  movedLocals: OffsetList,
): SmallLoop {
  // Its type, of one byte, is skipped.
  const first = offset + 2;
  const exits: SmallLoopExit[] = [];
  let cost = 0;
  let ifCost = 0;
  let traps = false;
  for (let at = first; ; ) {
    const start = at;
    const opcode = bytes[start] as number;
    at = skipImmediates(bytes, opcode, start + 1, end);
    cost++;
    if (opcode > Op.returnCallIndirect) {
      traps ||= mayTrap(bytes, start, opcode);
      if (movesLocal(bytes, start, opcode, moved)) movedLocals.add(start + 1);
    } else if (opcode === Op.if) {
      ifCost = cost;
    } else if (opcode === Op.br || opcode === Op.brIf) {
      const label = u32At(bytes, start + 1);
      const within = ifCost > 0 ? 2 : 1;
      if (label >= within) {
        exits.push({ start, after: at, label, outerLabel: label - within, cost });
        continue;
      }
      const isLeftAtEnd = opcode === Op.brIf || ifCost > 0;
      return { first, back: at, after: at + within, cost, ifCost, exits, isLeftAtEnd, mayTrap: traps };
    }
  }
}
