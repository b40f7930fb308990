import { isBulk } from './mayTrap.ts';
import { EMPTY_BLOCK, Op } from './opcodes.ts';
import type { Signatures } from './signatures.ts';
import { skipImmediates } from './skipImmediates.ts';
import { skipLocals } from './skipLocals.ts';
import { smallIndex } from './smallIndex.ts';
import { SmallLoopScan } from './smallLoop.ts';
import { EFFECTS } from './stackEffect.ts';
import { WasmInvalid } from './wasmInvalid.ts';

const V128 = 0x7b;

/** Numbers kept of each body. */
const KEPT = 10;

/** Bits of one of them. */
const CALLS = 1;
const VECTORS = 2;
const FLOATS = 4;
const CHECKS = 8;
const STRAIGHT = 16;
const TAIL_CALLS = 32;

/**
 * Collects the facts that the meter needs of all bodies before it rewrites any.
 *
 * It holds the details of one body: the last that was scanned or recalled.
 */
export class BodyScan {
  readonly signatures: Signatures;
  /** 1 for each function that a `call` names. */
  readonly called: Uint8Array;
  private readonly kept: Uint32Array;
  private scanned = 0;
  /** Offsets of the body, after its size. */
  start = 0;
  end = 0;
  /** Offset of the first instruction. */
  first = 0;
  /** Parameters not counted. */
  locals = 0;
  /** Instructions that cost. */
  cost = 0;
  calls = false;
  tailCalls = false;
  /** Calls that wait for their callee: all but tail calls. */
  waiting = 0;
  /** Parameters and results of what they call, all together. */
  callValues = 0;
  /** A vector instruction or a local for vectors. */
  vectors = false;
  /** An instruction that can make a scalar NaN. */
  floats = false;
  /** A loop or growth of memory, which is checked like calls. */
  checks = false;
  /** One region: nothing branches, calls or grows. */
  straight = true;
  /** The answer of {@link likely} for each `if` of all bodies, in order. */
  private likelyIfs = new Uint8Array(64);
  private ifs = 0;
  /** Number of the body's first. */
  private firstIf = 0;
  /**
   * Facts of each open block: the number of its `if` plus 1, or 0; whether it is a loop; whether a
   * branch to its end carries no value.
   */
  private ifOf = new Int32Array(64);
  private loops = new Uint8Array(64);
  private plain = new Uint8Array(64);
  private readonly smallLoops = new SmallLoopScan();
  /** Number of the next one of the body. */
  private smallLoop = 0;

  constructor(signatures: Signatures, bodies: number) {
    this.signatures = signatures;
    this.called = new Uint8Array(signatures.typeOf.length);
    this.kept = new Uint32Array(bodies * KEPT);
  }

  /** Says whether the first arm of the `if` is charged together with the code before it. */
  likely(index: number): boolean {
    return this.likelyIfs[this.firstIf + index] === 1;
  }

  /** Says whether the next small loop of the body is this one. */
  takeSmallLoop(offset: number): boolean {
    if (this.smallLoops.found[this.smallLoop] !== offset) return false;
    this.smallLoop++;
    return true;
  }

  /**
   * Scans the next body.
   * @throws WasmInvalid
   */
  scan(bytes: Uint8Array, pos: number, end: number): void {
    this.start = pos;
    this.end = end;
    this.first = skipLocals(bytes, pos, end);
    this.vectors = false;
    this.floats = false;
    this.locals = this.countLocals(bytes, pos);
    this.firstIf = this.ifs;
    this.calls = false;
    this.tailCalls = false;
    this.checks = false;
    this.waiting = 0;
    this.callValues = 0;
    const { smallLoops } = this;
    this.smallLoop = smallLoops.found.length;
    smallLoops.body(end - pos);
    let straight = true;
    let at = this.first;
    let depth = 0;
    let cost = 0;
    /** The last instruction went back to a loop. */
    let wentBack = false;
    this.open(0, 0, 0, 0);
    while (depth >= 0) {
      if (at >= end) throw new WasmInvalid('malformed', end, 'a function body without its end');
      const start = at;
      const opcode = bytes[start] as number;
      at = skipImmediates(bytes, opcode, start + 1, end);
      if (opcode > Op.returnCallIndirect) {
        cost++;
        wentBack = false;
        if (opcode === Op.memoryGrow) {
          straight = false;
          this.checks = true;
          smallLoops.other();
        } else if (opcode > 0x8c) {
          if (opcode === Op.prefixFd) this.vectors = true;
          else if (opcode === Op.prefixFc) {
            if (isBulk(bytes, start)) smallLoops.other();
          } else if (EFFECTS.makes[opcode] !== 0) this.floats = true;
        }
        continue;
      }
      switch (opcode) {
        case Op.block:
          this.open(++depth, 0, 0, bytes[start + 1] === EMPTY_BLOCK ? 1 : 0);
          smallLoops.other();
          break;
        case Op.loop:
          straight = false;
          this.checks = true;
          this.open(++depth, 0, 1, 0);
          smallLoops.opens(start, depth, cost, bytes[start + 1] === EMPTY_BLOCK);
          break;
        case Op.if:
          straight = false;
          cost++;
          if (this.ifs === this.likelyIfs.length) {
            const twice = new Uint8Array(this.ifs * 2);
            twice.set(this.likelyIfs);
            this.likelyIfs = twice;
          }
          this.likelyIfs[this.ifs++] = 0;
          this.open(++depth, this.ifs, 0, bytes[start + 1] === EMPTY_BLOCK ? 1 : 0);
          smallLoops.opensIf(bytes[start + 1] === EMPTY_BLOCK);
          break;
        case Op.else: {
          const index = this.ifOf[depth] as number;
          // Charging one of two arms in front saves a charge and costs the other arm none.
          if (index > 0) this.likelyIfs[index - 1] = 1;
          smallLoops.other();
          break;
        }
        case Op.end: {
          const index = this.ifOf[depth] as number;
          if (index > 0 && wentBack) this.likelyIfs[index - 1] = 1;
          smallLoops.ends(start, depth, cost);
          depth--;
          break;
        }
        case Op.br: {
          straight = false;
          cost++;
          const target = depth - smallIndex(bytes, start + 1);
          wentBack = target >= 0 && this.loops[target] === 1;
          smallLoops.branches(at, target);
          continue;
        }
        case Op.brIf: {
          straight = false;
          cost++;
          const label = smallIndex(bytes, start + 1);
          const target = depth - label;
          smallLoops.branchesIf(at, label, target, this.plain[target] === 1);
          break;
        }
        case Op.call:
        case Op.callIndirect: {
          const { params, results, typeOf } = this.signatures;
          const index = smallIndex(bytes, start + 1);
          const type = opcode === Op.call ? (typeOf[index] ?? 0) : index;
          if (opcode === Op.call) this.called[index] = 1;
          this.waiting++;
          this.callValues += (params[type] ?? 0) + (results[type] ?? 0);
          this.calls = true;
          straight = false;
          cost++;
          smallLoops.other();
          break;
        }
        case Op.returnCall:
        case Op.returnCallIndirect:
          this.calls = true;
          this.tailCalls = true;
          straight = false;
          cost++;
          smallLoops.other();
          break;
        case 0x01: // nop
          cost++;
          break;
        default:
          straight = false;
          cost++;
          smallLoops.other();
      }
      wentBack = false;
    }
    if (at !== end) throw new WasmInvalid('malformed', at, 'bytes after the end of a function body');
    this.straight = straight;
    this.cost = cost;
    this.keep();
  }

  /** Takes up again what was found of a body, the first being 0. */
  recall(body: number): void {
    const { kept } = this;
    const at = body * KEPT;
    this.start = kept[at] as number;
    this.end = kept[at + 1] as number;
    this.first = kept[at + 2] as number;
    this.locals = kept[at + 3] as number;
    this.cost = kept[at + 4] as number;
    this.waiting = kept[at + 5] as number;
    this.callValues = kept[at + 6] as number;
    this.firstIf = kept[at + 7] as number;
    this.smallLoop = kept[at + 8] as number;
    const flags = kept[at + 9] as number;
    this.calls = (flags & CALLS) !== 0;
    this.vectors = (flags & VECTORS) !== 0;
    this.floats = (flags & FLOATS) !== 0;
    this.checks = (flags & CHECKS) !== 0;
    this.straight = (flags & STRAIGHT) !== 0;
    this.tailCalls = (flags & TAIL_CALLS) !== 0;
  }

  private keep(): void {
    const { kept } = this;
    const at = this.scanned++ * KEPT;
    kept[at] = this.start;
    kept[at + 1] = this.end;
    kept[at + 2] = this.first;
    kept[at + 3] = this.locals;
    kept[at + 4] = this.cost;
    kept[at + 5] = this.waiting;
    // A larger number weighs more than any depth there is.
    kept[at + 6] = Math.min(this.callValues, 0xffff_ffff);
    kept[at + 7] = this.firstIf;
    kept[at + 8] = this.smallLoop;
    kept[at + 9] =
      (this.calls ? CALLS : 0) |
      (this.vectors ? VECTORS : 0) |
      (this.floats ? FLOATS : 0) |
      (this.checks ? CHECKS : 0) |
      (this.straight ? STRAIGHT : 0) |
      (this.tailCalls ? TAIL_CALLS : 0);
  }

  private open(depth: number, ifNumber: number, loop: number, plain: number): void {
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

  private countLocals(bytes: Uint8Array, pos: number): number {
    let at = pos;
    const groups = smallIndex(bytes, at);
    while ((bytes[at++] as number) >= 0x80);
    let locals = 0;
    for (let i = 0; i < groups; i++) {
      locals += smallIndex(bytes, at);
      while ((bytes[at++] as number) >= 0x80);
      if (bytes[at++] === V128) this.vectors = true;
    }
    return locals;
  }
}
