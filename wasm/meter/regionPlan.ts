import { OffsetList } from './offsetList.ts';
import type { SmallLoop } from './smallLoop.ts';

/** Places where a region finds the balance at its start. */
export const BalanceAt = {
  /** The local of the function, which is up to date. */
  local: 0,
  global: 1,
  /** The operand stack, where a call of an inner function left it. */
  stack: 2,
} as const;
export type BalanceAt = (typeof BalanceAt)[keyof typeof BalanceAt];

/** Ways to write the last instruction of a region. */
export const LastStep = {
  /** Copied with the instructions before it. */
  copied: 0,
  /** Executed only when it is paid for: a call of the host, a growth of memory. */
  checked: 1,
  /** A call that goes to an inner function, with the balance as its last argument. */
  callsInner: 2,
  /** A `return` of an inner function, with the balance as its last result. */
  returnsInner: 3,
  /** The `end` of an `if` without an `else`. An arm that refunds may come before it. */
  endsIf: 4,
  /** A small loop, which is written with several iterations. */
  unrolled: 5,
} as const;
export type LastStep = (typeof LastStep)[keyof typeof LastStep];

/** A branch out of a region that refunds what the region does not execute after it. */
export interface Exit {
  /** Offset of the `br_if`, and after it. */
  start: number;
  after: number;
  label: number;
  /** Units of the balance. */
  refund: number;
  /** The branch leaves a function whose caller reads the balance from the global. */
  stores: boolean;
}

/**
 * A run of instructions that is charged at its start.
 *
 * Amounts are in units of the balance (balance.ts), offsets in the bytes of the module.
 */
export interface Region {
  start: number;
  /** Offset of the last instruction, and after it. */
  last: number;
  next: number;
  step: LastStep;
  /** The region cannot be reached. It is copied, and nothing is charged. */
  isDead: boolean;
  /** Number of blocks around the first instruction, and around the last one. */
  depth: number;
  lastDepth: number;
  /** The balance is checked before the charge: the region is the start of a loop. */
  isChecked: boolean;
  from: BalanceAt;
  /** Amount to take off. It can be negative. */
  charge: number;
  /** The global gets the balance after the charge: the region may trap, call or leave. */
  stores: boolean;
  /** The charge goes to the global alone, because nothing reads the local after it. */
  isDirect: boolean;
  /** Places of the region's exits in the plan: from the first up to, but without, the other. */
  firstExit: number;
  exitsEnd: number;
  /** Inner function that the last instruction calls; 0 for none. */
  callee: number;
  /** Amount to refund when the `if` that ends here is not entered. */
  refund: number;
  /** The loop of {@link LastStep.unrolled}. */
  loop: SmallLoop | null;
}

/**
 * Most regions of one plan.
 *
 * One body can have millions of regions, and an object for each would cost more than the rest of
 * the work.
 */
const REGIONS_MAX = 64;

/**
 * The plan of a stretch of regions of one function body, and what is put into them.
 *
 * It is used again for the next stretch, and its objects stay.
 */
export class RegionPlan {
  /** In order. Together the first {@link count} have all bytes of the stretch. */
  readonly regions: Region[] = [];
  count = 0;
  readonly exits: Exit[] = [];
  exitCount = 0;
  /** Offset of each instruction that may take long, ascending. */
  readonly longSteps = new OffsetList();
  /** Offset of each number of a local that becomes one more, ascending. */
  readonly movedLocals = new OffsetList();

  get isFull(): boolean {
    return this.count === REGIONS_MAX;
  }

  clear(): void {
    this.count = 0;
    this.exitCount = 0;
    this.longSteps.clear();
    this.movedLocals.clear();
  }

  /** Adds a live region that begins at an offset. Its end is to be set. */
  addRegion(start: number, depth: number): Region {
    if (this.count === this.regions.length) this.regions.push(newRegion());
    const region = this.regions[this.count++] as Region;
    region.start = start;
    region.step = LastStep.copied;
    region.isDead = false;
    region.depth = depth;
    region.isChecked = false;
    region.from = BalanceAt.local;
    region.stores = false;
    region.isDirect = false;
    region.firstExit = this.exitCount;
    region.callee = 0;
    region.refund = 0;
    region.loop = null;
    return region;
  }

  addExit(start: number, after: number, label: number, refund: number, stores: boolean): void {
    if (this.exitCount === this.exits.length) this.exits.push({ start, after, label, refund, stores });
    const exit = this.exits[this.exitCount++] as Exit;
    exit.start = start;
    exit.after = after;
    exit.label = label;
    exit.refund = refund;
    exit.stores = stores;
  }
}

function newRegion(): Region {
  return {
    start: 0,
    last: 0,
    next: 0,
    step: LastStep.copied,
    isDead: false,
    depth: 0,
    lastDepth: 0,
    isChecked: false,
    from: BalanceAt.local,
    charge: 0,
    stores: false,
    isDirect: false,
    firstExit: 0,
    exitsEnd: 0,
    callee: 0,
    refund: 0,
    loop: null,
  };
}
