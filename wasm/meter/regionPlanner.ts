import { afterNumber, byteLength, u32At } from '../read/leb128.ts';
import { mayTrap } from '../read/mayTrap.ts';
import { EMPTY_BLOCK, Op } from '../read/opcodes.ts';
import { skipImmediates } from '../read/skipImmediates.ts';
import { WasmInvalidError } from '../read/wasmInvalid.ts';
import { DEPTH_MAX, FUEL_UNIT } from './balance.ts';
import type { BodyFacts } from './bodyFacts.ts';
import type { FunctionRole } from './functionRole.ts';
import { BlockKind, OpenBlocks } from './openBlocks.ts';
import { BalanceAt, LastStep, type Region, RegionPlan } from './regionPlan.ts';
import { readSmallLoop, type SmallLoop } from './smallLoop.ts';
import { STEP_KINDS, StepKind } from './stepKind.ts';

/** Most exits of one region. A region with more ends there. */
const EXITS_MAX = 32;

/** Labels of exits are below this, so that they still take one byte inside of one more block. */
const EXIT_LABEL_MAX = 0x7f;

/** In place of the label of a branch: an `if`. */
const IF_LABEL = -1;

/** Facts of the module that decide how calls are charged. */
export interface CallContext {
  importedFunctions: number;
  /** An indirect call may reach a host function. */
  importsEscape: boolean;
  /** The inner function that direct calls of a function go to, by function; 0 for none. */
  innerOf: Uint32Array;
}

/**
 * Plans the regions of function bodies, one after another (docs/internals/meter.md, "Regions").
 *
 * The planner writes nothing. Its plans follow from the bytes of the body, its facts, and the role
 * of the function.
 */
export class RegionPlanner {
  private readonly context: CallContext;
  private readonly blocks = new OpenBlocks();
  private bytes: Uint8Array = new Uint8Array(0);
  private facts: BodyFacts;
  private isInner = false;
  /**
   * Depth that a call from here adds.
   *
   * A heavier frame is never entered. Half a unit of fuel or more would be read back as another
   * charge (inserted/charge.ts).
   */
  private frame = 0;
  private readonly plan = new RegionPlan();
  /** Locals from this number on become one more, because the balance comes before them. */
  private moved = 0;
  /** Number of `if` and of small loops up to here. */
  private ifs = 0;
  private smallLoops = 0;

  /** Offset of the next instruction. */
  private at = 0;
  /** 1 in dead code. */
  private isDead = 0;
  /** The open region, and its instructions that cost fuel. */
  private region: Region;
  private cost = 0;
  /** The global is known to be equal to the local at the start of the region. */
  private isFresh = false;
  /** Fuel that was charged too much on the way to the region: negative, or 0. */
  private carry = 0;
  /** Weight that the call before the region added and the region takes off. */
  private weightBefore = 0;
  private readonly exits = new OpenExits();

  /** Consequences of the region's last instruction for the next region. */
  private nextFrom: BalanceAt = BalanceAt.local;
  private nextIsChecked = false;
  private nextIsDead = 0;
  /** Ways join after the region. */
  private joins = false;
  /** Nothing reads the local after the region. */
  private isFinal = false;
  /** Weight that is added for the call at the end of the region. */
  private weightAfter = 0;

  constructor(context: CallContext, facts: BodyFacts) {
    this.context = context;
    this.facts = facts;
    this.region = this.plan.addRegion(0, 0);
  }

  /** Begins the body whose facts were recalled. */
  begin(bytes: Uint8Array, role: FunctionRole): void {
    const facts = this.facts;
    this.bytes = bytes;
    this.isInner = role.isInner;
    this.frame = Math.min(role.weight, DEPTH_MAX - 1);
    this.moved = role.isInner && facts.locals > 0 ? role.params : Number.POSITIVE_INFINITY;
    this.ifs = 0;
    this.smallLoops = facts.firstSmallLoop;
    this.blocks.begin(role.blockType[0] === EMPTY_BLOCK, facts.first);
    this.at = facts.first;
    this.isDead = 0;
    this.isFresh = !role.isInner;
    this.carry = 0;
    this.nextFrom = role.isCheckedEntry || role.isInner ? BalanceAt.local : BalanceAt.global;
    this.nextIsChecked = false;
    this.weightAfter = 0;
  }

  /**
   * Plans the next stretch of regions. Together the stretches have all bytes of the body after its
   * locals, and none needs the bytes of an earlier one.
   *
   * @returns the plan, valid until the next one is made; null after the last one
   * @throws {WasmInvalidError} malformed, limit
   */
  next(): RegionPlan | null {
    const blocks = this.blocks;
    if (blocks.depth < 0) return null;
    const plan = this.plan;
    const bytes = this.bytes;
    const { end } = this.facts;
    plan.clear();
    this.beginRegion();
    for (;;) {
      this.passSteps(end);
      const start = this.at;
      const opcode = bytes[start] as number;
      this.at = skipImmediates(bytes, opcode, start + 1, end);
      if (!this.control(opcode, start)) continue;
      this.endRegion(opcode, start);
      if (blocks.depth < 0 || plan.isFull) return plan;
      this.beginRegion();
    }
  }

  private beginRegion(): void {
    const region = this.plan.addRegion(this.at, this.blocks.depth);
    this.region = region;
    region.from = this.nextFrom;
    region.isChecked = this.nextIsChecked;
    region.isDead = this.isDead === 1;
    this.cost = 0;
    this.weightBefore = this.nextFrom === BalanceAt.local ? 0 : this.weightAfter;
    this.exits.count = 0;
    this.nextFrom = BalanceAt.local;
    this.nextIsChecked = false;
    this.nextIsDead = this.isDead;
    this.joins = false;
    this.isFinal = false;
    this.weightAfter = 0;
  }

  /** Passes the instructions up to the next one of control, or the next growth of memory. */
  private passSteps(end: number): void {
    const bytes = this.bytes;
    const moved = this.moved;
    let at = this.at;
    let cost = this.cost;
    let traps = false;
    for (;;) {
      const start = at;
      const opcode = bytes[start] as number;
      const kind = STEP_KINDS[opcode] as number;
      if (kind === StepKind.control) break;
      cost++;
      at = kind === StepKind.bare ? start + 1 : skipImmediates(bytes, opcode, start + 1, end);
      if (kind <= StepKind.plain) continue;
      if (kind === StepKind.local) {
        if (u32At(bytes, start + 1) >= moved) this.plan.movedLocals.add(start + 1);
      } else if (kind === StepKind.traps || mayTrap(bytes, start, opcode)) {
        traps = true;
        // Only in a loop does it matter how long one takes.
        if (opcode === Op.prefixFc && this.facts.checks) this.plan.longSteps.add(start);
      }
    }
    this.at = at;
    this.cost = cost;
    if (traps) this.region.stores = true;
  }

  /** Passes one instruction; true when it ends the region. */
  private control(opcode: number, start: number): boolean {
    switch (opcode) {
      case Op.block:
        this.blocks.open(BlockKind.block, this.isDead, this.isEmptyBlock(start), start);
        return false;
      case Op.loop:
        this.loop(start);
        return true;
      case Op.if:
        return this.if(start);
      case Op.else:
        this.else(start);
        return true;
      case Op.end:
        return this.end();
      case Op.brIf:
        return this.branchIf(start);
      case Op.nop:
        this.cost++;
        return false;
      default:
        this.cost++;
        this.leave(opcode, start);
        return true;
    }
  }

  /** Ends the region at an instruction that leaves it always, or calls, or grows memory. */
  private leave(opcode: number, start: number): void {
    switch (opcode) {
      case Op.memoryGrow:
        this.region.stores = true;
        if (this.isDead === 0) this.region.step = LastStep.checked;
        return;
      case Op.br:
        if (this.blocks.branch(u32At(this.bytes, start + 1), start) && !this.isInner) this.leaveFunction();
        this.nextIsDead = 1;
        return;
      case Op.brTable:
        if (this.branchTable(start + 1) && !this.isInner) this.region.stores = true;
        this.nextIsDead = 1;
        return;
      case Op.call:
      case Op.returnCall:
        this.call(opcode === Op.returnCall, start);
        return;
      case Op.callIndirect:
      case Op.returnCallIndirect:
        this.callOutside(opcode === Op.returnCallIndirect, this.context.importsEscape, true);
        return;
      default:
        this.nextIsDead = 1;
        // The validator wants the balance as a result also where the place is never reached.
        if (opcode === Op.return && this.isInner) this.region.step = LastStep.returnsInner;
        else this.leaveFunction();
    }
  }

  /** Nothing of this function is executed after the region. */
  private leaveFunction(): void {
    this.region.stores = true;
    this.isFinal = true;
  }

  private loop(start: number): void {
    this.joins = true;
    const isSmall = this.facts.smallLoops[this.smallLoops] === start;
    if (isSmall) this.smallLoops++;
    if (isSmall && this.isDead === 0) {
      this.region.step = LastStep.unrolled;
      return;
    }
    // A branch to a loop takes its parameters, so no exit goes there.
    this.blocks.open(BlockKind.loop, this.isDead, false, start);
    this.nextIsChecked = true;
  }

  private if(start: number): boolean {
    this.blocks.open(BlockKind.if, this.isDead, this.isEmptyBlock(start), start);
    this.cost++;
    const isLikely = this.facts.isLikely(this.ifs++);
    return !(isLikely && this.isDead === 0 && this.addExit(start, IF_LABEL));
  }

  private else(start: number): void {
    const { kinds, depth, openedDead } = this.blocks;
    if (kinds[depth] !== BlockKind.if) throw new WasmInvalidError('malformed', start, 'else without if');
    kinds[depth] = BlockKind.else;
    this.nextIsDead = openedDead[depth] as number;
    this.joins = true;
  }

  private end(): boolean {
    const blocks = this.blocks;
    const { depth } = blocks;
    const kind = blocks.kinds[depth] as BlockKind;
    if (kind === BlockKind.loop) blocks.leaveLoop();
    const joins =
      kind === BlockKind.if || kind === BlockKind.else || (kind === BlockKind.block && blocks.targeted[depth] === 1);
    if (!joins && depth > 0) {
      blocks.depth--;
      return false;
    }
    if (joins) this.nextIsDead = blocks.openedDead[depth] as number;
    this.joins = true;
    if (kind === BlockKind.if) this.region.step = LastStep.endsIf;
    if (depth === 0 && !this.isInner) {
      this.isFinal = true;
      if (!this.isFresh || this.cost > 0 || this.weightBefore > 0) this.region.stores = true;
    }
    return true;
  }

  private branchIf(start: number): boolean {
    const blocks = this.blocks;
    const label = u32At(this.bytes, start + 1);
    const target = blocks.depth - label;
    const leaves = blocks.branch(label, start);
    this.cost++;
    const canExit =
      this.isDead === 0 &&
      target < blocks.loopDepth &&
      blocks.empty[target] === 1 &&
      (this.bytes[start + 1] as number) < EXIT_LABEL_MAX;
    if (canExit && this.addExit(start, label)) return false;
    if (leaves && !this.isInner) this.region.stores = true;
    return true;
  }

  /** True when one of the labels leaves the function. */
  private branchTable(pos: number): boolean {
    const bytes = this.bytes;
    let at = pos;
    let leaves = false;
    const labels = u32At(bytes, at);
    for (let i = 0; i <= labels; i++) {
      at = afterNumber(bytes, at);
      if (this.blocks.branch(u32At(bytes, at), pos - 1)) leaves = true;
    }
    return leaves;
  }

  private call(isTail: boolean, start: number): void {
    const index = u32At(this.bytes, start + 1);
    const callee = isTail || this.isDead === 1 ? 0 : this.innerCallee(index, this.at - start - 1);
    if (callee > 0) {
      this.region.callee = callee;
      this.region.step = LastStep.callsInner;
      this.weightAfter = this.frame;
      this.nextFrom = BalanceAt.stack;
      return;
    }
    const isHost = index < this.context.importedFunctions;
    this.callOutside(isTail, isHost, !isHost);
  }

  /** Ends the region at a call whose callee takes the balance from the global. */
  private callOutside(isTail: boolean, mayBeHost: boolean, mayBeOwn: boolean): void {
    this.leaveFunction();
    this.nextFrom = BalanceAt.global;
    // Dead code is copied as it is.
    if (mayBeHost && this.isDead === 0) this.region.step = LastStep.checked;
    if (isTail) this.nextIsDead = 1;
    else if (mayBeOwn) this.weightAfter = this.frame;
  }

  /**
   * The inner function that a call goes to; 0 when there is none.
   *
   * The number in the original must be as short as possible, or longer than the number of the inner
   * function, which is then written as long. So the written number shows how long the original was.
   */
  private innerCallee(index: number, length: number): number {
    const inner = this.context.innerOf[index] ?? 0;
    return inner > 0 && (length === byteLength(index) || length > byteLength(inner)) ? inner : 0;
  }

  private isEmptyBlock(start: number): boolean {
    return this.bytes[start + 1] === EMPTY_BLOCK;
  }

  /** Notes that the open region can be left here; false when it has no room for one more exit. */
  private addExit(start: number, label: number): boolean {
    return this.exits.add(start, this.at, label, this.blocks.depth, this.cost * FUEL_UNIT);
  }

  private endRegion(opcode: number, start: number): void {
    const region = this.region;
    const blocks = this.blocks;
    const { depth } = blocks;
    const ownCharge = this.cost * FUEL_UNIT - this.weightAfter;
    region.charge = ownCharge + this.weightBefore + this.carry;
    region.isDirect =
      this.isFinal &&
      region.stores &&
      this.exits.count === 0 &&
      region.step !== LastStep.checked &&
      region.start > this.facts.first;
    region.last = start;
    region.next = this.at;
    region.lastDepth = depth;
    if (this.exits.count > 0) this.closeExits(ownCharge);
    region.exitsEnd = this.plan.exitCount;
    if (region.step === LastStep.endsIf) region.refund = blocks.owed[depth] as number;
    const ends = opcode === Op.end && depth === 0;
    // Nothing reads the local of a function that ends here.
    if (ends && region.charge === 0 && !this.isInner && region.from === BalanceAt.global) {
      region.from = BalanceAt.local;
    }
    if (region.step === LastStep.unrolled) region.loop = this.readLoop(start);
    this.carry = opcode === Op.else ? -(blocks.owed[depth] as number) : 0;
    if (opcode === Op.end) blocks.depth--;
    this.isFresh = !this.joins && region.callee === 0 && (region.stores || (this.isFresh && region.charge === 0));
    this.isDead = this.nextIsDead;
  }

  /** Adds the exits of the region to the plan. An `if` is none; its block gets what it owes. */
  private closeExits(charge: number): void {
    const open = this.exits;
    for (let i = 0; i < open.count; i++) {
      const label = open.label[i] as number;
      const depth = open.depth[i] as number;
      const refund = charge - (open.charge[i] as number);
      const stores = label === depth && !this.isInner;
      if (label === IF_LABEL) this.blocks.owed[depth] = refund;
      else if (refund !== 0 || stores) {
        this.plan.addExit(open.start[i] as number, open.after[i] as number, label, refund, stores);
      }
    }
  }

  private readLoop(start: number): SmallLoop {
    const loop = readSmallLoop(this.bytes, start, this.facts.end, this.moved, this.plan.movedLocals);
    for (const { outerLabel } of loop.exits) this.blocks.branch(outerLabel, start);
    if (loop.ifCost > 0) this.ifs++;
    if (!loop.isLeftAtEnd) this.nextIsDead = 1;
    this.at = loop.after;
    return loop;
  }
}

/** The ways to leave the open region early. */
class OpenExits {
  count = 0;
  /** Offset of the branch or `if`, and after it. */
  readonly start = new Uint32Array(EXITS_MAX);
  readonly after = new Uint32Array(EXITS_MAX);
  /** {@link IF_LABEL} for an `if`. */
  readonly label = new Int32Array(EXITS_MAX);
  /** Depth of the branch, or of the block of the `if`. */
  readonly depth = new Uint32Array(EXITS_MAX);
  /** Charge of the region up to and including the branch. */
  readonly charge = new Float64Array(EXITS_MAX);

  /** False when there is no room. */
  add(start: number, after: number, label: number, depth: number, charge: number): boolean {
    const at = this.count;
    if (at === EXITS_MAX) return false;
    this.start[at] = start;
    this.after[at] = after;
    this.label[at] = label;
    this.depth[at] = depth;
    this.charge[at] = charge;
    this.count++;
    return true;
  }
}
