import { Op } from './opcodes.ts';
import { skipImmediates } from './skipImmediates.ts';
import { skipLocals } from './skipLocals.ts';
import { smallIndex } from './smallIndex.ts';
import { WasmInvalid } from './wasmInvalid.ts';

/** What the meter must know of a body before it rewrites it. One object for many bodies. */
export class BodyScan {
  /** Offset of the first instruction. */
  first = 0;
  /** Parameters not counted. */
  locals = 0;
  /** Instructions that cost. */
  cost = 0;
  calls = false;
  /** One region: nothing branches, calls or grows. */
  straight = true;
  /** Of each `if`, in order. */
  private likelyIfs = new Uint8Array(64);
  private ifs = 0;
  /** Of each open block: the number of its `if` plus 1, or 0; whether it is a loop. */
  private ifOf = new Int32Array(64);
  private loops = new Uint8Array(64);

  /** Whether the first arm of the `if` is to be charged together with what is before it. */
  likely(index: number): boolean {
    return this.likelyIfs[index] === 1;
  }

  /** @throws WasmInvalid */
  scan(bytes: Uint8Array, pos: number, end: number): void {
    this.first = skipLocals(bytes, pos, end);
    this.locals = countLocals(bytes, pos);
    this.ifs = 0;
    this.calls = false;
    let straight = true;
    let at = this.first;
    let depth = 0;
    let cost = 0;
    /** The last instruction went back to a loop. */
    let wentBack = false;
    this.open(0, 0, 0);
    while (depth >= 0) {
      if (at >= end) throw new WasmInvalid('malformed', end, 'a function body without its end');
      const start = at;
      const opcode = bytes[start] as number;
      at = skipImmediates(bytes, opcode, start + 1, end);
      if (opcode > Op.returnCallIndirect) {
        cost++;
        wentBack = false;
        if (opcode === Op.memoryGrow) straight = false;
        continue;
      }
      switch (opcode) {
        case Op.block:
          this.open(++depth, 0, 0);
          break;
        case Op.loop:
          straight = false;
          this.open(++depth, 0, 1);
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
          this.open(++depth, this.ifs, 0);
          break;
        case Op.else: {
          const index = this.ifOf[depth] as number;
          // Charging one of two arms in front saves a charge and costs the other arm none.
          if (index > 0) this.likelyIfs[index - 1] = 1;
          break;
        }
        case Op.end: {
          const index = this.ifOf[depth] as number;
          if (index > 0 && wentBack) this.likelyIfs[index - 1] = 1;
          depth--;
          break;
        }
        case Op.br: {
          straight = false;
          cost++;
          const target = depth - smallIndex(bytes, start + 1);
          wentBack = target >= 0 && this.loops[target] === 1;
          continue;
        }
        case Op.call:
        case Op.callIndirect:
        case Op.returnCall:
        case Op.returnCallIndirect:
          this.calls = true;
          straight = false;
          cost++;
          break;
        case 0x01: // nop
          cost++;
          break;
        default:
          straight = false;
          cost++;
      }
      wentBack = false;
    }
    if (at !== end) throw new WasmInvalid('malformed', at, 'bytes after the end of a function body');
    this.straight = straight;
    this.cost = cost;
  }

  private open(depth: number, ifNumber: number, loop: number): void {
    if (depth === this.loops.length) {
      const ifOf = new Int32Array(depth * 2);
      ifOf.set(this.ifOf);
      this.ifOf = ifOf;
      const loops = new Uint8Array(depth * 2);
      loops.set(this.loops);
      this.loops = loops;
    }
    this.ifOf[depth] = ifNumber;
    this.loops[depth] = loop;
  }
}

function countLocals(bytes: Uint8Array, pos: number): number {
  let at = pos;
  const groups = smallIndex(bytes, at);
  while ((bytes[at++] as number) >= 0x80);
  let locals = 0;
  for (let i = 0; i < groups; i++) {
    locals += smallIndex(bytes, at);
    while ((bytes[at++] as number) >= 0x80);
    at++;
  }
  return locals;
}
