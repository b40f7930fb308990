import { DEPTH_MAX, FUEL_UNIT } from './balance.ts';
import { BodyWriter, GLOBAL, LOCAL, STACK } from './bodyWriter.ts';
import { type ByteWriter, byteLength } from './byteWriter.ts';
import { frameWeight, LIGHT_FRAME, valuesAtMost } from './frameWeight.ts';
import { KeptValues } from './keptValues.ts';
import { mayTrap } from './mayTrap.ts';
import { MODULE_LIMITS } from './moduleLimits.ts';
import { moveLocal } from './moveLocal.ts';
import { NanScan } from './nanScan.ts';
import { EMPTY_BLOCK, Op } from './opcodes.ts';
import type { BodyScan } from './scanBody.ts';
import type { Signatures } from './signatures.ts';
import { skipImmediates } from './skipImmediates.ts';
import { smallIndex } from './smallIndex.ts';
import { readSmallLoop } from './smallLoop.ts';
import { unrollLoop } from './unrollLoop.ts';
import { WasmInvalid } from './wasmInvalid.ts';

/**
 * A function without calls that costs no more than this may run unchecked: what it can overdraw is
 * small.
 */
const UNCHECKED_COST = 64;

/** Kinds of an open block. */
const BLOCK = 0;
const LOOP = 1;
const IF = 2;
const ELSE = 3;

/** Exits of one region that may be paid back; a region with more ends there. */
const EXITS_MAX = 32;

export interface BodyContext {
  /** Index of the fuel global. */
  fuelGlobal: number;
  /** Called in front of bulk instructions. */
  interruptFunction: number;
  importedFunctions: number;
  /** An indirect call may reach a host function. */
  importsEscape: boolean;
  signatures: Signatures;
  /** Values that are not made by instructions, of types and globals, can be vectors. */
  vectors: boolean;
  /**
   * The inner function that direct calls of a function go to, by function; 0 for none.
   *
   * It takes the balance and gives it back.
   */
  innerOf: Uint32Array;
  /** For each function, 1 where it must trap at its entry while the balance is negative. */
  touched: Uint8Array;
  /** For each function, 1 where V8 must not inline it. */
  apart: Uint8Array;
}

/**
 * Rewrites function bodies, one after another (docs/meter.md).
 *
 * A region is a run of instructions that is charged at its start. It can be left early, by an `if`
 * that is not entered or a branch out of a loop. The instructions that were not executed are
 * refunded on that way.
 */
export class BodyMeter {
  private readonly context: BodyContext;
  private readonly scan: BodyScan;
  private readonly nans: NanScan;
  private readonly kept: KeptValues;
  private readonly writer: BodyWriter;
  /**
   * Facts of each open block: its kind, whether a branch goes to its end, whether it was opened in
   * dead code, whether its type is empty.
   */
  private kinds = new Uint8Array(256);
  private targeted = new Uint8Array(256);
  private openedDead = new Uint8Array(256);
  private empty = new Uint8Array(256);
  /** The fuel to refund, for each open `if`, when the branch is not taken. */
  private owed = new Float64Array(256);
  /**
   * Exits of the open region: offset, offset after, label for a branch or -1 for an `if`, its
   * depth, and the charge up to and including it.
   */
  private readonly exits = new Float64Array(EXITS_MAX * 5);
  private exitCount = 0;

  constructor(context: BodyContext, scan: BodyScan) {
    this.context = context;
    this.scan = scan;
    this.nans = new NanScan(context.signatures);
    this.kept = new KeptValues(context.signatures);
    this.writer = new BodyWriter(context.fuelGlobal, context.interruptFunction, this.nans);
  }

  /**
   * Meters one of the bodies that were scanned, in `bytes`, and appends it, size first, to `to`.
   * @param params of the function as it was
   * @param blockType of a block that gives the function's results
   * @param inner whether it becomes the inner function, whose locals are renumbered in `bytes`
   * @throws WasmInvalid
   */
  meter(bytes: Uint8Array, body: number, params: number, blockType: Uint8Array, inner: boolean, to: ByteWriter): void {
    const { scan, writer } = this;
    const { out } = writer;
    scan.recall(body);
    const { start: pos, end } = scan;
    writer.begin(inner);
    const weight = this.weight(bytes, body, params);
    this.nans.clear();
    if (scan.floats || scan.vectors)
      this.nans.scan(bytes, scan.first, end, params, localTypes(bytes, pos, scan.locals));
    const index = this.context.importedFunctions + body;
    writer.apart = this.context.apart[index] === 1;
    const hasEntry = writer.apart || this.context.touched[index] === 1;
    if (scan.straight && !inner && !hasEntry && this.nans.after.length === 0) {
      this.meterStraight(bytes, pos, end, weight);
    } else {
      this.meterBranching(bytes, pos, end, params, blockType, weight, hasEntry);
    }
    if (out.length > MODULE_LIMITS.functionBody) {
      throw new WasmInvalid('limit', pos, `a function body of ${out.length} bytes once it is metered`);
    }
    to.u32(out.length);
    to.copy(out.bytes, 0, out.length);
  }

  /**
   * Weighs the frame of the recalled body's function.
   *
   * Values are counted only where they can change the weight.
   */
  private weight(bytes: Uint8Array, body: number, params: number): number {
    const { scan, context, kept } = this;
    const shape = {
      locals: params + scan.locals,
      calls: scan.waiting,
      values: valuesAtMost(scan.cost, scan.callValues),
      vectors: context.vectors || scan.vectors,
    };
    const most = frameWeight(shape);
    // One unit is the least, and a light frame that waits for no call never uses its weight.
    if (most === 1 || (most <= LIGHT_FRAME && scan.waiting === 0)) return most;
    const { results, typeOf } = context.signatures;
    const own = results[typeOf[context.importedFunctions + body] as number] as number;
    return Math.min(most, frameWeight({ ...shape, values: kept.count(bytes, scan.first, scan.end, own) }));
  }

  /** One region, no call: no local is needed. */
  private meterStraight(bytes: Uint8Array, pos: number, end: number, weight: number): void {
    const { scan, writer } = this;
    writer.out.copy(bytes, pos, scan.first);
    if (weight > LIGHT_FRAME) writer.trapIfTooDeep(GLOBAL, weight);
    if (scan.cost > 0) writer.chargeGlobal(scan.cost, scan.cost > UNCHECKED_COST);
    writer.out.copy(bytes, scan.first, end);
  }

  private meterBranching(
    bytes: Uint8Array,
    pos: number,
    end: number,
    params: number,
    blockType: Uint8Array,
    weight: number,
    hasEntry: boolean,
  ): void {
    const { scan, writer } = this;
    const { out, inner } = writer;
    const { importedFunctions, importsEscape } = this.context;
    writer.locals(bytes, pos, scan, params);
    /** The parameter put in moves the locals that are none: those from this number on. */
    const moved = inner && scan.locals > 0 ? params : Number.POSITIVE_INFINITY;
    /**
     * The depth that a call adds.
     *
     * It is clamped: a heavier frame is never entered, and half a unit of fuel or more would be
     * read back as another charge (ownCode.ts).
     */
    const frame = Math.min(weight, DEPTH_MAX - 1);
    const checkedEntry = hasEntry || scan.calls || scan.cost > UNCHECKED_COST || weight > LIGHT_FRAME;
    writer.wrapped = checkedEntry || scan.checks;
    if (writer.wrapped) writer.block();
    if (writer.wrapped || inner) writer.block(blockType);
    if (checkedEntry) writer.entry(weight, scan.calls);

    let depth = 0;
    this.open(0, BLOCK, 0, blockType[0] === EMPTY_BLOCK ? 1 : 0, scan.first);
    /** Depth of the innermost loop; 0 for none. */
    let loopDepth = 0;
    let ifs = 0;
    let at = scan.first;
    let regionStart = at;
    let regionDepth = 0;
    let cost = 0;
    /** Fuel that was charged too much on the way to this region: negative, or 0. */
    let carry = 0;
    let checked = false;
    let dead = 0;
    /** The region must leave the balance in the global: it may trap, call or leave the function. */
    let store = false;
    /** Where the balance is at first; the global is known to be equal to the local. */
    let from = checkedEntry || inner ? LOCAL : GLOBAL;
    let fresh = !inner;
    /**
     * The weight of this frame, which the call before this region added and this region takes off.
     */
    let back = 0;
    this.exitCount = 0;

    while (depth >= 0) {
      const start = at;
      const opcode = bytes[start] as number;
      at = skipImmediates(bytes, opcode, start + 1, end);
      let nextChecked = false;
      let nextDead = dead;
      let nextFrom = LOCAL;
      let join = false;
      /** Nothing reads the local after this region. */
      let last = false;
      let payBack = 0;
      /** The weight of this frame, which is added for the call this region ends with. */
      let forth = 0;
      /**
       * The place of an added check, so that the code after it runs only when it can be paid; -1
       * for none.
       */
      let checkAt = -1;
      /**
       * The inner function that the last instruction of the region calls, with the balance from the
       * stack; 0 for none.
       */
      let callee = 0;
      let pushes = false;
      let unrolls = false;
      if (opcode > Op.returnCallIndirect) {
        cost++;
        if (opcode !== Op.memoryGrow) {
          if (mayTrap(bytes, start, opcode)) {
            store = true;
            if (opcode === Op.prefixFc && scan.checks) writer.long(start);
          } else moveLocal(bytes, start, opcode, moved);
          continue;
        }
        store = true;
        checkAt = start;
      } else {
        switch (opcode) {
          case Op.block:
            this.open(++depth, BLOCK, dead, bytes[start + 1] === EMPTY_BLOCK ? 1 : 0, start);
            continue;
          case Op.loop:
            if (scan.takeSmallLoop(start) && dead === 0) {
              unrolls = true;
              join = true;
              break;
            }
            this.open(++depth, LOOP, dead, 0, start);
            // The loop around this one is kept where a loop needs nothing else.
            this.owed[depth] = loopDepth;
            loopDepth = depth;
            nextChecked = true;
            join = true;
            break;
          case Op.if: {
            this.open(++depth, IF, dead, bytes[start + 1] === EMPTY_BLOCK ? 1 : 0, start);
            cost++;
            const likely = scan.likely(ifs++);
            if (likely && dead === 0 && this.exit(start, at, -1, depth, cost * FUEL_UNIT)) continue;
            break;
          }
          case Op.else:
            if (this.kinds[depth] !== IF) throw new WasmInvalid('malformed', start, 'else without if');
            this.kinds[depth] = ELSE;
            nextDead = this.openedDead[depth] as number;
            join = true;
            break;
          case Op.end: {
            const kind = this.kinds[depth] as number;
            const joins = kind === IF || kind === ELSE || (kind === BLOCK && this.targeted[depth] === 1);
            if (kind === LOOP) loopDepth = this.owed[depth] as number;
            if (!joins && depth > 0) {
              depth--;
              continue;
            }
            if (joins) nextDead = this.openedDead[depth] as number;
            join = true;
            // What leaves the function leaves its balance in the global.
            if (depth === 0 && !inner) {
              last = true;
              if (!fresh || cost > 0 || back > 0) store = true;
            }
            payBack = kind === IF ? 1 : 0;
            break;
          }
          case Op.br:
            if (this.branch(smallIndex(bytes, start + 1), depth, start) && !inner) {
              store = true;
              last = true;
            }
            cost++;
            nextDead = 1;
            break;
          case Op.brIf: {
            const label = smallIndex(bytes, start + 1);
            const target = depth - label;
            const leaves = this.branch(label, depth, start);
            cost++;
            if (
              dead === 0 &&
              target < loopDepth &&
              this.empty[target] === 1 &&
              (bytes[start + 1] as number) < 0x7f &&
              this.exit(start, at, label, depth, cost * FUEL_UNIT)
            ) {
              continue;
            }
            if (leaves && !inner) store = true;
            break;
          }
          case Op.brTable:
            if (this.branchTable(bytes, start + 1, depth) && !inner) store = true;
            cost++;
            nextDead = 1;
            break;
          case Op.unreachable:
          case Op.return:
            cost++;
            nextDead = 1;
            // Also where it is never reached: the validator wants it there too.
            pushes = inner && opcode === Op.return;
            if (pushes) break;
            store = true;
            last = true;
            break;
          case Op.call:
          case Op.returnCall: {
            cost++;
            const index = smallIndex(bytes, start + 1);
            if (opcode === Op.call && dead === 0) callee = this.innerCallee(index, at - start - 1);
            if (callee > 0) {
              forth = frame;
              nextFrom = STACK;
              pushes = true;
              break;
            }
            store = true;
            last = true;
            nextFrom = GLOBAL;
            if (index < importedFunctions) checkAt = start;
            else if (opcode === Op.call) forth = frame;
            if (opcode === Op.returnCall) nextDead = 1;
            break;
          }
          case Op.callIndirect:
          case Op.returnCallIndirect:
            cost++;
            store = true;
            last = true;
            nextFrom = GLOBAL;
            if (importsEscape) checkAt = start;
            if (opcode === Op.callIndirect) forth = frame;
            else nextDead = 1;
            break;
          default:
            // nop
            cost++;
            continue;
        }
      }
      // The region ends here.
      const charge = cost * FUEL_UNIT - forth;
      const total = charge + back + carry;
      if (dead === 0) {
        // Nothing reads the local of a function that ends here.
        if (from === GLOBAL && opcode === Op.end && depth === 0 && total === 0 && !inner) from = LOCAL;
        if (checked) writer.check(regionDepth);
        const direct = last && store && this.exitCount === 0 && checkAt < 0 && regionStart > scan.first;
        writer.charge(total, from, store, direct);
        this.copyRegion(bytes, regionStart, checkAt >= 0 || payBack || pushes || unrolls ? start : at, charge);
        if (checkAt >= 0) {
          writer.check(depth);
          out.copy(bytes, checkAt, at);
        }
      } else {
        writer.copyCode(bytes, regionStart, payBack || pushes ? start : at);
      }
      if (pushes) {
        writer.balance();
        if (callee > 0) writer.call(callee, at - start - 1);
        else out.copy(bytes, start, at);
      }
      carry = 0;
      if (payBack) {
        const owed = this.owed[depth] as number;
        if (owed > 0) {
          out.u8(Op.else);
          writer.add(owed);
        }
        out.copy(bytes, start, at);
      } else if (opcode === Op.else) {
        carry = -(this.owed[depth] as number);
      }
      if (opcode === Op.end) depth--;
      if (unrolls) {
        const loop = readSmallLoop(bytes, start, end, moved);
        for (const { outerLabel } of loop.exits) this.branch(outerLabel, depth, start);
        if (loop.ifCost > 0) ifs++;
        unrollLoop(writer, bytes, loop, depth);
        at = loop.after;
        if (!loop.isLeftAtEnd) nextDead = 1;
      }
      fresh = !join && callee === 0 && (store || (fresh && total === 0));
      this.exitCount = 0;
      regionStart = at;
      regionDepth = depth;
      cost = 0;
      store = false;
      from = nextFrom;
      back = nextFrom === LOCAL ? 0 : forth;
      checked = nextChecked;
      dead = nextDead;
    }
    writer.close();
  }

  /**
   * The inner function that a call goes to; 0 when there is none.
   *
   * The number in the original must be as short as possible, or longer than the number of the inner
   * function, which is then written as long. So `ownCode.ts` can read from the written number how
   * long the original was.
   */
  private innerCallee(index: number, length: number): number {
    const inner = this.context.innerOf[index] ?? 0;
    return inner > 0 && (length === byteLength(index) || length > byteLength(inner)) ? inner : 0;
  }

  /** Notes that the open region can be left here; false when it has no room for one more exit. */
  private exit(start: number, after: number, label: number, depth: number, charge: number): boolean {
    if (this.exitCount === EXITS_MAX) return false;
    const { exits } = this;
    const at = this.exitCount++ * 5;
    exits[at] = start;
    exits[at + 1] = after;
    exits[at + 2] = label;
    exits[at + 3] = depth;
    exits[at + 4] = charge;
    return true;
  }

  /** The bytes of a region, its early exits paying back what they leave out. */
  private copyRegion(bytes: Uint8Array, from: number, to: number, charge: number): void {
    const { exits, writer } = this;
    const { out } = writer;
    let at = from;
    for (let i = 0; i < this.exitCount * 5; i += 5) {
      const start = exits[i] as number;
      const label = exits[i + 2] as number;
      const depth = exits[i + 3] as number;
      const rest = charge - (exits[i + 4] as number);
      if (label === -1) {
        this.owed[depth] = rest;
        continue;
      }
      const leaves = label === depth && !writer.inner;
      if (rest === 0 && !leaves) continue;
      writer.copyCode(bytes, at, start);
      out.u8(Op.if);
      out.u8(EMPTY_BLOCK);
      writer.add(rest);
      if (leaves) writer.store();
      out.u8(Op.br);
      out.u32(label + 1);
      out.u8(Op.end);
      at = exits[i + 1] as number;
    }
    writer.copyCode(bytes, at, to);
  }

  private open(depth: number, kind: number, dead: number, empty: number, offset: number): void {
    if (depth > MODULE_LIMITS.nesting) {
      throw new WasmInvalid('limit', offset, `blocks nested deeper than ${MODULE_LIMITS.nesting}`);
    }
    if (depth >= this.kinds.length) {
      this.kinds = grown(this.kinds);
      this.targeted = grown(this.targeted);
      this.openedDead = grown(this.openedDead);
      this.empty = grown(this.empty);
      const owed = new Float64Array(this.owed.length * 2);
      owed.set(this.owed);
      this.owed = owed;
    }
    this.kinds[depth] = kind;
    this.targeted[depth] = 0;
    this.openedDead[depth] = dead;
    this.empty[depth] = empty;
    this.owed[depth] = 0;
  }

  /** Says whether a branch leaves the function. */
  private branch(label: number, depth: number, offset: number): boolean {
    if (label > depth) throw new WasmInvalid('malformed', offset, `a branch to label ${label} at depth ${depth}`);
    this.targeted[depth - label] = 1;
    return label === depth;
  }

  private branchTable(bytes: Uint8Array, pos: number, depth: number): boolean {
    let at = pos;
    let leaves = false;
    const labels = smallIndex(bytes, at);
    for (let i = 0; i <= labels; i++) {
      while ((bytes[at++] as number) >= 0x80);
      if (this.branch(smallIndex(bytes, at), depth, pos - 1)) leaves = true;
    }
    return leaves;
  }
}

function localTypes(bytes: Uint8Array, pos: number, locals: number): Uint8Array {
  const types = new Uint8Array(locals);
  let at = pos;
  while ((bytes[at++] as number) >= 0x80);
  for (let done = 0; done < locals; ) {
    const count = smallIndex(bytes, at);
    while ((bytes[at++] as number) >= 0x80);
    types.fill(bytes[at++] as number, done, done + count);
    done += count;
  }
  return types;
}

function grown(array: Uint8Array): Uint8Array<ArrayBuffer> {
  const twice = new Uint8Array(array.length * 2);
  twice.set(array);
  return twice;
}
