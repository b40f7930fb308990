/** Numbers kept of each body. */
const KEPT = 10;

/** Bits of the last of them. */
const CALLS = 1;
const VECTORS = 2;
const FLOATS = 4;
const CHECKS = 8;
const STRAIGHT = 16;
const TAIL_CALLS = 32;

/**
 * The facts of all function bodies of a module, which the meter needs before it rewrites the first.
 *
 * The fields show the facts of one body: the one that is scanned, or the last that was recalled. A
 * table of numbers has those of the others, because a module can have a million bodies.
 */
export class BodyFacts {
  /** Offset of the body after its size, and the offset after it. */
  start = 0;
  end = 0;
  /** Offset of the first instruction. */
  first = 0;
  /** Number of locals; parameters are not counted. */
  locals = 0;
  /** Instructions that cost fuel. */
  cost = 0;
  /** Calls that wait for their callee: all but tail calls. */
  waiting = 0;
  /** Parameters and results of what these calls name, all together. */
  callValues = 0;
  /** There is a call of any kind. */
  calls = false;
  tailCalls = false;
  /** There is a vector instruction or a local for vectors. */
  vectors = false;
  /** There is an instruction that can make a scalar NaN. */
  floats = false;
  /** There is a loop or a growth of memory, which is checked like calls. */
  checks = false;
  /** The body is one region: nothing branches, calls or grows. */
  straight = true;
  /** Place of the body's first loop in {@link smallLoops}. */
  firstSmallLoop = 0;
  /** Offset of each small loop of all bodies, ascending. */
  readonly smallLoops: number[] = [];
  /** 1 for each `if` of all bodies, in order, that is likely to be entered. */
  private likely = new Uint8Array(64);
  private ifs = 0;
  /** Number of the body's first `if`. */
  private firstIf = 0;
  private readonly kept: Uint32Array;
  private bodies = 0;

  /** @param bodies number of bodies of the module */
  constructor(bodies: number) {
    this.kept = new Uint32Array(bodies * KEPT);
  }

  /** Begins the facts of the next body. */
  begin(start: number, end: number, first: number): void {
    this.start = start;
    this.end = end;
    this.first = first;
    this.locals = 0;
    this.cost = 0;
    this.waiting = 0;
    this.callValues = 0;
    this.calls = false;
    this.tailCalls = false;
    this.vectors = false;
    this.floats = false;
    this.checks = false;
    this.straight = true;
    this.firstSmallLoop = this.smallLoops.length;
    this.firstIf = this.ifs;
  }

  /** Number of the next `if`, which is not likely yet. */
  addIf(): number {
    if (this.ifs === this.likely.length) {
      const twice = new Uint8Array(this.ifs * 2);
      twice.set(this.likely);
      this.likely = twice;
    }
    this.likely[this.ifs] = 0;
    return this.ifs++;
  }

  /** @param number as {@link addIf} gave it */
  markLikely(number: number): void {
    this.likely[number] = 1;
  }

  /**
   * True when the first arm of an `if` is charged together with the code before it.
   *
   * @param place of the `if` among those of the body, from 0
   */
  isLikely(place: number): boolean {
    return this.likely[this.firstIf + place] === 1;
  }

  /** Keeps the facts of the body at hand, which is the next in order. */
  keep(): void {
    const kept = this.kept;
    const at = this.bodies++ * KEPT;
    kept[at] = this.start;
    kept[at + 1] = this.end;
    kept[at + 2] = this.first;
    kept[at + 3] = this.locals;
    kept[at + 4] = this.cost;
    kept[at + 5] = this.waiting;
    // A larger number weighs more than any depth there is.
    kept[at + 6] = Math.min(this.callValues, 0xffff_ffff);
    kept[at + 7] = this.firstIf;
    kept[at + 8] = this.firstSmallLoop;
    kept[at + 9] =
      (this.calls ? CALLS : 0) |
      (this.vectors ? VECTORS : 0) |
      (this.floats ? FLOATS : 0) |
      (this.checks ? CHECKS : 0) |
      (this.straight ? STRAIGHT : 0) |
      (this.tailCalls ? TAIL_CALLS : 0);
  }

  /** Shows the facts of a body again, the first being 0. */
  recall(body: number): void {
    const kept = this.kept;
    const at = body * KEPT;
    this.start = kept[at] as number;
    this.end = kept[at + 1] as number;
    this.first = kept[at + 2] as number;
    this.locals = kept[at + 3] as number;
    this.cost = kept[at + 4] as number;
    this.waiting = kept[at + 5] as number;
    this.callValues = kept[at + 6] as number;
    this.firstIf = kept[at + 7] as number;
    this.firstSmallLoop = kept[at + 8] as number;
    const flags = kept[at + 9] as number;
    this.calls = (flags & CALLS) !== 0;
    this.vectors = (flags & VECTORS) !== 0;
    this.floats = (flags & FLOATS) !== 0;
    this.checks = (flags & CHECKS) !== 0;
    this.straight = (flags & STRAIGHT) !== 0;
    this.tailCalls = (flags & TAIL_CALLS) !== 0;
  }
}
