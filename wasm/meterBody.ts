import { DEPTH_MAX, FUEL_UNIT } from './balance.ts';
import { ByteWriter, byteLength } from './byteWriter.ts';
import { CanonicalNan } from './canonicalNan.ts';
import { frameWeight, LIGHT_FRAME } from './frameWeight.ts';
import { MODULE_LIMITS } from './moduleLimits.ts';
import { NanScan, type Signatures } from './nanScan.ts';
import { Op } from './opcodes.ts';
import type { BodyScan } from './scanBody.ts';
import { skipImmediates } from './skipImmediates.ts';
import { smallIndex } from './smallIndex.ts';
import { WasmInvalid } from './wasmInvalid.ts';

/** A function without calls that costs no more than this may run unchecked: what it can overdraw is small. */
const UNCHECKED_COST = 64;

/** Type of a block without values. */
const EMPTY = 0x40;

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
  /** Of each function, the one that its direct calls go to, which takes the balance and gives it back; 0 for none. */
  innerOf: Uint32Array;
}

/** Where a region finds the balance first. */
const LOCAL = 0;
const GLOBAL = 1;
/** The call before it left it there. */
const STACK = 2;

/** `i64.const` of the two bits an entry tests at once: the sign, which says that fuel is short, and the one that says too deep. */
const ENTRY_MASK = maskConstant();

/**
 * Rewrites function bodies, one after another (docs/meter.md). A region is a run of instructions charged in front of it. Where it can be
 * left early, by an `if` not entered or a branch out of a loop, what was not executed is paid back on that way.
 */
export class BodyMeter {
  private readonly context: BodyContext;
  private readonly scan: BodyScan;
  private readonly nans: NanScan;
  private readonly canonical = new CanonicalNan();
  /** How many of the places the scan for NaNs found have been written. */
  private nansDone = 0;
  /** Offsets of the bulk instructions met so far, and how many of them have been written. */
  private readonly bulk: number[] = [];
  private bulkDone = 0;
  private readonly callInterrupt: Uint8Array;
  private readonly out = new ByteWriter(16_384);
  /** Of each open block: its kind, whether a branch goes to its end, whether it was opened in dead code, whether its type is empty. */
  private kinds = new Uint8Array(256);
  private targeted = new Uint8Array(256);
  private openedDead = new Uint8Array(256);
  private empty = new Uint8Array(256);
  /** Of each open `if`: what its way not entered is to be paid back. */
  private owed = new Float64Array(256);
  /** Exits of the open region: offset, offset after, label for a branch or -1 for an `if`, its depth, charge up to and with it. */
  private readonly exits = new Float64Array(EXITS_MAX * 5);
  private exitCount = 0;
  /** `global.get fuel`, `global.set fuel`. */
  private readonly getGlobal: Uint8Array;
  private readonly setGlobal: Uint8Array;
  /** `local.get fuel`, `local.set fuel`, of the function at hand. */
  private readonly getLocal = new ByteWriter(8);
  private readonly setLocal = new ByteWriter(8);
  /** The function at hand is wrapped into a block that leads to its one trap. */
  private wrapped = false;
  /** Its balance is a parameter and a result: nobody needs to find it in the global when the function is left. */
  private inner = false;

  constructor(context: BodyContext, scan: BodyScan) {
    this.context = context;
    this.scan = scan;
    this.nans = new NanScan(context.signatures);
    this.getGlobal = instruction(Op.globalGet, context.fuelGlobal);
    this.setGlobal = instruction(Op.globalSet, context.fuelGlobal);
    this.callInterrupt = instruction(Op.call, Math.max(0, context.interruptFunction));
  }

  /**
   * Meters one of the bodies that were scanned, in `bytes`, and appends it, size first, to `to`.
   * @param params of the function as it was
   * @param blockType of a block that gives the function's results
   * @param inner whether it becomes the inner function, whose locals are renumbered in `bytes`
   * @throws WasmInvalid
   */
  meter(bytes: Uint8Array, body: number, params: number, blockType: Uint8Array, inner: boolean, to: ByteWriter): void {
    const { scan, out } = this;
    scan.recall(body);
    const { start: pos, end } = scan;
    this.inner = inner;
    out.length = 0;
    const weight = frameWeight({
      locals: params + scan.locals,
      instructions: scan.cost,
      calls: scan.waiting,
      callValues: scan.callValues,
      vectors: this.context.vectors || scan.vectors,
    });
    this.nans.clear();
    this.nansDone = 0;
    this.bulk.length = 0;
    this.bulkDone = 0;
    if (scan.floats || scan.vectors)
      this.nans.scan(bytes, scan.first, end, params, localTypes(bytes, pos, scan.locals));
    if (scan.straight && !inner && this.nans.after.length === 0) this.meterStraight(bytes, pos, end, weight);
    else this.meterBranching(bytes, pos, end, params, blockType, weight);
    if (out.length > MODULE_LIMITS.functionBody) {
      throw new WasmInvalid('limit', pos, `a function body of ${out.length} bytes once it is metered`);
    }
    to.u32(out.length);
    to.copy(out.bytes, 0, out.length);
  }

  /** One region, no call: no local is needed. */
  private meterStraight(bytes: Uint8Array, pos: number, end: number, weight: number): void {
    const { out, scan } = this;
    out.copy(bytes, pos, scan.first);
    this.wrapped = false;
    if (weight > LIGHT_FRAME) this.trapIfTooDeep(this.getGlobal, this.getGlobal.length, weight);
    if (scan.cost > 0) {
      if (scan.cost > UNCHECKED_COST) {
        this.put(this.getGlobal);
        this.trapIf(null, 0);
      }
      this.put(this.getGlobal);
      this.constant(scan.cost * FUEL_UNIT);
      out.u8(Op.i64Sub);
      this.put(this.setGlobal);
    }
    out.copy(bytes, scan.first, end);
  }

  private meterBranching(
    bytes: Uint8Array,
    pos: number,
    end: number,
    params: number,
    blockType: Uint8Array,
    weight: number,
  ): void {
    const { scan, out, inner } = this;
    const { importedFunctions, importsEscape } = this.context;
    this.locals(bytes, pos, params);
    /** The parameter put in moves the locals that are none: those from this number on. */
    const moved = inner && scan.locals > 0 ? params : Number.POSITIVE_INFINITY;
    /** What a call adds to the depth. A frame that is never entered is of no matter; a charge must not be taken for another one. */
    const frame = Math.min(weight, DEPTH_MAX - 1);
    const checkedEntry = scan.calls || scan.cost > UNCHECKED_COST || weight > LIGHT_FRAME;
    this.wrapped = checkedEntry || scan.checks;
    if (this.wrapped) {
      out.u8(Op.block);
      out.u8(EMPTY);
    }
    if (this.wrapped || inner) {
      out.u8(Op.block);
      this.put(blockType);
    }
    if (checkedEntry) this.entry(weight);

    let depth = 0;
    this.open(0, BLOCK, 0, blockType[0] === EMPTY ? 1 : 0, scan.first);
    /** Depth of the innermost loop; 0 for none. */
    let loopDepth = 0;
    let ifs = 0;
    let at = scan.first;
    let regionStart = at;
    let regionDepth = 0;
    let cost = 0;
    /** What the way to this region was charged too much: negative, or 0. */
    let carry = 0;
    let checked = false;
    let dead = 0;
    /** The region must leave the balance in the global: it may trap, call or leave the function. */
    let store = false;
    /** Where the balance is at first; the global is known to be equal to the local. */
    let from = checkedEntry || inner ? LOCAL : GLOBAL;
    let fresh = !inner;
    /** The weight of this frame, which the call before this region added and this region takes off. */
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
      /** Where a check is put in, so that what follows is only done when it can be paid; -1 for nowhere. */
      let checkAt = -1;
      /** The instruction the region ends with is a call of this inner function; takes the balance from the stack. */
      let callee = 0;
      let pushes = false;
      if (opcode > Op.returnCallIndirect) {
        cost++;
        if (opcode !== Op.memoryGrow) {
          if (mayTrap(bytes, start, opcode)) {
            store = true;
            if (opcode === Op.prefixFc && scan.checks) this.bulk.push(start);
          } else if (opcode <= Op.localTee && opcode >= Op.localGet && smallIndex(bytes, start + 1) >= moved) {
            // None is above 126, so that the number stays as long as it is.
            bytes[start + 1] = (bytes[start + 1] as number) + 1;
          }
          continue;
        }
        store = true;
        checkAt = start;
      } else {
        switch (opcode) {
          case Op.block:
            this.open(++depth, BLOCK, dead, bytes[start + 1] === EMPTY ? 1 : 0, start);
            continue;
          case Op.loop:
            this.open(++depth, LOOP, dead, 0, start);
            // The loop around this one is kept where a loop needs nothing else.
            this.owed[depth] = loopDepth;
            loopDepth = depth;
            nextChecked = true;
            join = true;
            break;
          case Op.if: {
            this.open(++depth, IF, dead, bytes[start + 1] === EMPTY ? 1 : 0, start);
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
        if (from === GLOBAL && join && depth === 0 && total === 0 && !inner) from = LOCAL;
        if (checked) {
          this.put(this.getLocal.bytes, this.getLocal.length);
          this.trapIf(null, regionDepth);
        }
        const direct = last && store && this.exitCount === 0 && checkAt < 0 && regionStart > scan.first;
        this.charge(total, from, store, direct);
        this.copyRegion(bytes, regionStart, checkAt >= 0 || payBack || pushes ? start : at, charge);
        if (checkAt >= 0) {
          this.put(this.getLocal.bytes, this.getLocal.length);
          this.trapIf(null, depth);
          out.copy(bytes, checkAt, at);
        }
      } else {
        this.copyCode(bytes, regionStart, payBack || pushes ? start : at);
      }
      if (pushes) {
        this.put(this.getLocal.bytes, this.getLocal.length);
        if (callee > 0) this.call(callee, at - start - 1);
        else out.copy(bytes, start, at);
      }
      carry = 0;
      if (payBack) {
        const owed = this.owed[depth] as number;
        if (owed > 0) {
          out.u8(Op.else);
          this.add(owed);
        }
        out.copy(bytes, start, at);
      } else if (opcode === Op.else) {
        carry = -(this.owed[depth] as number);
      }
      if (opcode === Op.end) depth--;
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
    if (inner) this.put(this.getLocal.bytes, this.getLocal.length);
    if (this.wrapped) {
      out.u8(Op.return);
      out.u8(Op.end);
      this.storeLocal();
      out.u8(Op.unreachable);
    }
    if (this.wrapped || inner) out.u8(Op.end);
  }

  /**
   * The inner function that a call goes to; 0 when it has none. The original's number must be as short as it can be, or longer than the
   * inner function's, which is made as long then: from what is written follows how long it was (ownCode.ts).
   */
  private innerCallee(index: number, length: number): number {
    const inner = this.context.innerOf[index] ?? 0;
    return inner > 0 && (length === byteLength(index) || length > byteLength(inner)) ? inner : 0;
  }

  private call(index: number, length: number): void {
    const { out } = this;
    out.u8(Op.call);
    let rest = index;
    for (let left = length; left > 1 || rest >= 0x80; left--) {
      out.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    out.u8(rest);
  }

  /** The locals, one more for the balance unless it is a parameter, and what making NaNs canonical needs. */
  private locals(bytes: Uint8Array, pos: number, params: number): void {
    const { out, scan, inner } = this;
    const index = inner ? params : params + scan.locals;
    let at = pos;
    let groups = 0;
    for (let scale = 1; ; scale *= 128) {
      const part = bytes[at++] as number;
      groups += (part & 0x7f) * scale;
      if (part < 0x80) break;
    }
    // As many bytes as before, but where the new number needs one more: trapPoint knows by that where the original's code began.
    const own = this.canonical.groups(this.nans.shape);
    let rest = groups + 1 + own.length / 2;
    for (let left = at - pos; left > 1 || rest >= 0x80; left--) {
      out.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    out.u8(rest);
    out.copy(bytes, at, scan.first);
    // None are declared of a parameter: what follows is told by the type declared last.
    out.u8(inner ? 0 : 1);
    out.u8(0x7e);
    for (const byte of own) out.u8(byte);
    this.canonical.firstLocal = params + scan.locals + 1;
    for (const [writer, opcode] of [
      [this.getLocal, Op.localGet],
      [this.setLocal, Op.localSet],
    ] as const) {
      writer.length = 0;
      writer.u8(opcode);
      writer.u32(index);
    }
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
    const { exits, out } = this;
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
      const leaves = label === depth && !this.inner;
      if (rest === 0 && !leaves) continue;
      this.copyCode(bytes, at, start);
      out.u8(Op.if);
      out.u8(EMPTY);
      this.add(rest);
      if (leaves) this.storeLocal();
      out.u8(Op.br);
      out.u32(label + 1);
      out.u8(Op.end);
      at = exits[i + 1] as number;
    }
    this.copyCode(bytes, at, to);
  }

  /** Bytes of the original, what makes NaNs canonical after its instructions, and a call in front of those that may take long. */
  private copyCode(bytes: Uint8Array, from: number, to: number): void {
    const { out, nans, canonical, bulk } = this;
    let at = from;
    for (;;) {
      const nan = nans.after[this.nansDone] ?? Number.POSITIVE_INFINITY;
      const long = bulk[this.bulkDone] ?? Number.POSITIVE_INFINITY;
      // Of two at one place the NaN was made before.
      if (nan <= long && nan <= to) {
        out.copy(bytes, at, nan);
        canonical.write(out, nans.shape[this.nansDone++] as number);
        at = nan;
      } else if (long < to) {
        out.copy(bytes, at, long);
        this.put(this.callInterrupt);
        at = long;
        this.bulkDone++;
      } else break;
    }
    out.copy(bytes, at, to);
  }

  /**
   * The start of a function that calls or may cost much: the balance is loaded, and the function is only entered when nothing is overdrawn
   * and the frames below it, and its own when that is large, fit.
   */
  private entry(weight: number): void {
    const { out, getLocal } = this;
    if (this.inner) this.put(getLocal.bytes, getLocal.length);
    else {
      this.put(this.getGlobal);
      this.teeLocal();
    }
    if (this.scan.calls) {
      this.put(ENTRY_MASK);
      out.u8(Op.i64And);
      this.constant(0);
      this.trapIf(Op.i64Ne, 0);
    } else {
      this.trapIf(null, 0);
    }
    if (weight > LIGHT_FRAME) this.trapIfTooDeep(getLocal.bytes, getLocal.length, weight);
  }

  /** Takes `total` off the balance, and stores it; direct: in the global only. */
  private charge(total: number, from: number, store: boolean, direct: boolean): void {
    const { out, getLocal, setLocal } = this;
    if (total !== 0 || from !== LOCAL) {
      if (from === GLOBAL) this.put(this.getGlobal);
      else if (from === LOCAL) this.put(getLocal.bytes, getLocal.length);
      // What the meter puts in begins with the balance, so that it is known again.
      else if (total !== 0) this.teeLocal();
      if (total !== 0) {
        this.constant(total);
        out.u8(Op.i64Sub);
      }
      if (direct && (total !== 0 || from !== STACK)) {
        this.put(this.setGlobal);
        return;
      }
      this.put(setLocal.bytes, setLocal.length);
    }
    if (store) this.storeLocal();
  }

  private add(amount: number): void {
    const { out, getLocal, setLocal } = this;
    this.put(getLocal.bytes, getLocal.length);
    this.constant(amount);
    out.u8(Op.i64Add);
    this.put(setLocal.bytes, setLocal.length);
  }

  private teeLocal(): void {
    this.out.u8(Op.localTee);
    this.out.u32(smallIndex(this.getLocal.bytes, 1));
  }

  private storeLocal(): void {
    this.put(this.getLocal.bytes, this.getLocal.length);
    this.put(this.setGlobal);
  }

  /** Traps when the frames that wait and this one are too much together; the instruction `get` of so many bytes gives the balance. */
  private trapIfTooDeep(get: Uint8Array, length: number, weight: number): void {
    this.put(get, length);
    this.constant(FUEL_UNIT - 1);
    this.out.u8(Op.i64And);
    this.constant(DEPTH_MAX - weight);
    this.trapIf(Op.i64GeS, 0);
  }

  /**
   * Traps when the comparison of what is on the stack holds; without one, when the balance there is below zero.
   * @param depth of blocks the place is in
   */
  private trapIf(comparison: number | null, depth: number): void {
    const { out } = this;
    if (comparison === null) this.constant(0);
    out.u8(comparison ?? Op.i64LtS);
    if (this.wrapped) {
      // V8 lays out the way to the trap after everything else; an `if` around it here would be jumped over each time.
      out.u8(Op.brIf);
      out.u32(depth + 1);
      return;
    }
    out.u8(Op.if);
    out.u8(EMPTY);
    out.u8(Op.unreachable);
    out.u8(Op.end);
  }

  private constant(value: number): void {
    this.out.u8(Op.i64Const);
    this.out.signed(value);
  }

  private put(bytes: Uint8Array, length = bytes.length): void {
    this.out.copy(bytes, 0, length);
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

  /** Whether it leaves the function. */
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

/** What can trap besides control instructions. Source: WebAssembly Core Specification 2.0, chapter 4. */
function mayTrap(bytes: Uint8Array, at: number, opcode: number): boolean {
  if (opcode < 0x6d) return (opcode >= 0x28 && opcode <= 0x3e) || opcode === 0x25 || opcode === 0x26;
  if (opcode <= 0x82) return opcode <= 0x70 || opcode >= 0x7f;
  if (opcode < 0xa8) return false;
  if (opcode <= 0xb1) return opcode !== 0xac && opcode !== 0xad;
  if (opcode === Op.prefixFc) return (bytes[at + 1] as number) > 7;
  return opcode === Op.prefixFd && simdMayTrap(bytes, at + 1);
}

function simdMayTrap(bytes: Uint8Array, at: number): boolean {
  const sub = smallIndex(bytes, at);
  return sub <= 11 || (sub >= 84 && sub <= 93);
}

function instruction(opcode: number, index: number): Uint8Array {
  const writer = new ByteWriter(8);
  writer.u8(opcode);
  writer.u32(index);
  return writer.written();
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

function maskConstant(): Uint8Array {
  const writer = new ByteWriter(16);
  writer.u8(Op.i64Const);
  // Bits 0 to 62 in groups of seven, then the sign.
  for (let bit = 0; bit < 63; bit += 7) {
    let group = 0x80;
    if (DEPTH_MAX >= 2 ** bit && DEPTH_MAX < 2 ** (bit + 7)) group |= DEPTH_MAX / 2 ** bit;
    writer.u8(group);
  }
  writer.u8(0x7f);
  return writer.written();
}

function grown(array: Uint8Array): Uint8Array<ArrayBuffer> {
  const twice = new Uint8Array(array.length * 2);
  twice.set(array);
  return twice;
}
