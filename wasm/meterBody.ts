import { ByteWriter } from './byteWriter.ts';
import { MODULE_LIMITS } from './moduleLimits.ts';
import { Op } from './opcodes.ts';
import { skipImmediates } from './skipImmediates.ts';
import { skipLocals } from './skipLocals.ts';
import { WasmInvalid } from './wasmInvalid.ts';

/** A function without calls that costs no more than this may run unchecked: what it can overdraw is small. */
const UNCHECKED_COST = 64;

/** Kinds of an open block. */
const BLOCK = 0;
const LOOP = 1;
const IF = 2;
const ELSE = 3;

export interface BodyContext {
  /** Index of the fuel global. */
  fuelGlobal: number;
  importedFunctions: number;
  /** An indirect call may reach a host function. */
  importsEscape: boolean;
}

/**
 * Rewrites function bodies, one after another (docs/meter.md). A region is a run of instructions of which all are executed unless one
 * of them traps. Its cost is charged in front of it; its bytes are copied as they are.
 */
export class BodyMeter {
  private readonly importedFunctions: number;
  private readonly importsEscape: boolean;
  /** `global.get fuel; i64.const`, the beginning of everything that is put in. */
  private readonly prelude: Uint8Array;
  /** `i64.sub; global.set fuel`. */
  private readonly subtract: Uint8Array;
  /** Of each open block: its kind, whether a branch goes to its end, whether it was opened in dead code. */
  private kinds = new Uint8Array(256);
  private targeted = new Uint8Array(256);
  private openedDead = new Uint8Array(256);
  /** Locals and the charge at the entry, which is decided last; and all after them. */
  private readonly head = new ByteWriter(256);
  private readonly rest = new ByteWriter(16_384);

  constructor(context: BodyContext) {
    this.importedFunctions = context.importedFunctions;
    this.importsEscape = context.importsEscape;
    const get = new ByteWriter(16);
    get.u8(Op.globalGet);
    get.u32(context.fuelGlobal);
    get.u8(Op.i64Const);
    this.prelude = get.written();
    const set = new ByteWriter(16);
    set.u8(Op.i64Sub);
    set.u8(Op.globalSet);
    set.u32(context.fuelGlobal);
    this.subtract = set.written();
  }

  /**
   * Meters the body that lies at `pos` (after its size) to `end` of `bytes` and appends it, size first, to `out`.
   * @throws WasmInvalid
   */
  meter(bytes: Uint8Array, pos: number, end: number, out: ByteWriter): void {
    const { head, rest } = this;
    const first = skipLocals(bytes, pos, end);
    head.length = 0;
    rest.length = 0;
    head.copy(bytes, pos, first);

    let depth = 0;
    this.open(0, BLOCK, 0, first);
    let at = first;
    let regionStart = first;
    let cost = 0;
    let checked = false;
    let dead = 0;
    /** Cost of the region at the entry; -1 while it is being read. */
    let entryCost = -1;
    let totalCost = 0;
    let calls = false;

    while (depth >= 0) {
      if (at >= end) throw new WasmInvalid('malformed', end, 'a function body without its end');
      const start = at;
      const opcode = bytes[start] as number;
      at = skipImmediates(bytes, opcode, start + 1, end);
      let nextChecked = false;
      let nextDead = dead;
      /** Where a check is put in, so that what follows is only done when it can be paid; -1 for nowhere. */
      let checkAt = -1;
      if (opcode > Op.returnCallIndirect) {
        cost++;
        if (opcode !== Op.memoryGrow) continue;
        checkAt = start;
      } else {
        switch (opcode) {
          case Op.block:
            this.open(++depth, BLOCK, dead, start);
            continue;
          case Op.loop:
            this.open(++depth, LOOP, dead, start);
            nextChecked = true;
            break;
          case Op.if:
            this.open(++depth, IF, dead, start);
            cost++;
            break;
          case Op.else:
            if (this.kinds[depth] !== IF) throw new WasmInvalid('malformed', start, 'else without if');
            this.kinds[depth] = ELSE;
            nextDead = this.openedDead[depth] as number;
            break;
          case Op.end: {
            const kind = this.kinds[depth] as number;
            const joins = kind === IF || kind === ELSE || (kind === BLOCK && this.targeted[depth] === 1);
            if (joins) nextDead = this.openedDead[depth] as number;
            depth--;
            if (!joins && depth >= 0) continue;
            break;
          }
          case Op.br:
            this.branch(indexAt(bytes, start + 1), depth, start);
            cost++;
            nextDead = 1;
            break;
          case Op.brIf:
            this.branch(indexAt(bytes, start + 1), depth, start);
            cost++;
            break;
          case Op.brTable:
            this.branchTable(bytes, start + 1, depth);
            cost++;
            nextDead = 1;
            break;
          case Op.unreachable:
          case Op.return:
            cost++;
            nextDead = 1;
            break;
          case Op.call:
          case Op.returnCall:
            cost++;
            calls = true;
            if (indexAt(bytes, start + 1) < this.importedFunctions) checkAt = start;
            if (opcode === Op.returnCall) nextDead = 1;
            break;
          case Op.callIndirect:
          case Op.returnCallIndirect:
            cost++;
            calls = true;
            if (this.importsEscape) checkAt = start;
            if (opcode === Op.returnCallIndirect) nextDead = 1;
            break;
          default:
            // nop
            cost++;
            continue;
        }
      }
      // The region ends here.
      if (entryCost === -1) entryCost = cost;
      else if (dead === 0 && cost > 0) this.charge(rest, cost, checked);
      if (checkAt >= 0 && dead === 0) {
        rest.copy(bytes, regionStart, checkAt);
        this.check(rest, 0);
        rest.copy(bytes, checkAt, at);
      } else {
        rest.copy(bytes, regionStart, at);
      }
      totalCost += cost;
      regionStart = at;
      cost = 0;
      checked = nextChecked;
      dead = nextDead;
    }
    if (at !== end) throw new WasmInvalid('malformed', at, 'bytes after the end of a function body');

    if (entryCost > 0) this.charge(head, entryCost, calls || totalCost > UNCHECKED_COST);
    const size = head.length + rest.length;
    if (size > MODULE_LIMITS.functionBody) {
      throw new WasmInvalid('limit', pos, `a function body of ${size} bytes once it is metered`);
    }
    out.u32(size);
    out.copy(head.bytes, 0, head.length);
    out.copy(rest.bytes, 0, rest.length);
  }

  /** Takes `cost` off the balance. Checked: traps when the balance was below zero before. */
  private charge(out: ByteWriter, cost: number, checked: boolean): void {
    out.copy(this.prelude, 0, this.prelude.length);
    out.signed(cost);
    out.copy(this.subtract, 0, this.subtract.length);
    if (checked) this.check(out, -cost);
  }

  /** Traps when the balance is below `floor`. */
  private check(out: ByteWriter, floor: number): void {
    out.copy(this.prelude, 0, this.prelude.length);
    out.signed(floor);
    out.reserve(5);
    const { bytes } = out;
    let at = out.length;
    bytes[at++] = Op.i64LtS;
    bytes[at++] = Op.if;
    bytes[at++] = 0x40;
    bytes[at++] = Op.unreachable;
    bytes[at++] = Op.end;
    out.length = at;
  }

  private open(depth: number, kind: number, dead: number, offset: number): void {
    if (depth > MODULE_LIMITS.nesting) {
      throw new WasmInvalid('limit', offset, `blocks nested deeper than ${MODULE_LIMITS.nesting}`);
    }
    if (depth >= this.kinds.length) {
      this.kinds = grown(this.kinds);
      this.targeted = grown(this.targeted);
      this.openedDead = grown(this.openedDead);
    }
    this.kinds[depth] = kind;
    this.targeted[depth] = 0;
    this.openedDead[depth] = dead;
  }

  private branch(label: number, depth: number, offset: number): void {
    if (label > depth) throw new WasmInvalid('malformed', offset, `a branch to label ${label} at depth ${depth}`);
    this.targeted[depth - label] = 1;
  }

  private branchTable(bytes: Uint8Array, pos: number, depth: number): void {
    let at = pos;
    const labels = indexAt(bytes, at);
    for (let i = 0; i <= labels; i++) {
      while ((bytes[at++] as number) >= 0x80);
      this.branch(indexAt(bytes, at), depth, pos - 1);
    }
  }
}

function grown(array: Uint8Array): Uint8Array<ArrayBuffer> {
  const twice = new Uint8Array(array.length * 2);
  twice.set(array);
  return twice;
}

/** Value of a u32 whose encoding has been checked. */
function indexAt(bytes: Uint8Array, pos: number): number {
  const first = bytes[pos] as number;
  if (first < 0x80) return first;
  let value = 0;
  for (let at = pos, scale = 1; ; at++, scale *= 128) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
}
