import { BinaryReader } from './binaryReader.ts';
import { ByteWriter } from './byteWriter.ts';
import { outerOf } from './innerFunctions.ts';
import type { MeteredModule } from './meter.ts';
import { Op } from './opcodes.ts';
import { OwnCode } from './ownCode.ts';
import { PAGE_BYTES } from './pages.ts';
import { readModule, SECTION } from './readModule.ts';
import { skipImmediates } from './skipImmediates.ts';
import { skipLocals } from './skipLocals.ts';
import { smallIndex } from './smallIndex.ts';

/** Exports of a counting module. */
export const COUNTING = {
  /** Memory: an i64 for each stretch, how often it was begun. */
  counts: 'grafos:counts',
  /** Mutable i64: fuel left, exact at every call. Set it before the first call. */
  left: 'grafos:left',
  /** Mutable i32: the stretch in which the fuel was short. */
  short: 'grafos:short',
  /** Table of four functions to be set before the first call, see {@link HOOKS}. */
  hooks: 'grafos:hooks',
} as const;

/**
 * Places in the table of hooks.
 *
 * `entered(function index)` begins a function. `calling(offset of the call in its body)` and
 * `called()` are around calls, `leaving()` before tail calls.
 */
export const HOOKS = { entered: 0, calling: 1, called: 2, leaving: 3 } as const;

/** A metered module that also says where its fuel goes. */
export interface CountingModule {
  bytes: Uint8Array;
  stretches: number;
  /** The instructions that cost fuel, for each function of the module's own, in order. */
  functions: CountedFunction[];
  importedFunctions: number;
  /** As of the metered module. */
  inner: readonly number[];
  interruptFunction: number;
}

/**
 * Instructions that cost fuel, in order.
 *
 * An instruction of an unrolled loop occurs once for each iteration that was written. All arrays
 * have the same length.
 */
export interface CountedFunction {
  /** Offset in {@link CountingModule.bytes}, and the bytes of the instruction there. */
  at: Uint32Array;
  length: Uint32Array;
  /** Offset in the original function body, from the locals' count. */
  bodyOffset: Uint32Array;
  /** The stretch it belongs to. */
  stretch: Uint32Array;
}

/**
 * Puts counters into a metered module: one in front of each stretch of original instructions that
 * are executed together.
 *
 * The code of the meter stays, so depth, NaNs and all that host functions see are those of the run.
 * Fuel is checked in front of every stretch, so an exhausted run ends at the stretch where its
 * budget ends. The counting module serves profiles (docs/profile.md) and is several times slower.
 */
export function countInstructions(metered: MeteredModule): CountingModule {
  return new Counter(metered).count();
}

class Counter {
  private readonly metered: MeteredModule;
  private readonly out: ByteWriter;
  private stretches = 0;
  private readonly functions: CountedFunction[] = [];
  private globals = 0;
  private tables = 0;
  private types = 0;

  constructor(metered: MeteredModule) {
    this.metered = metered;
    this.out = new ByteWriter(metered.bytes.length * 4);
  }

  count(): CountingModule {
    const { metered, out } = this;
    const module = readModule(metered.bytes, { bodies: false, metered: true });
    this.globals = module.globals.length;
    this.tables = module.tables.length;
    this.types = module.types.length;
    // Before the rest, because its counters say how large their memory is.
    const code = this.code(module.importedFunctions);
    const pages = Math.ceil((this.stretches * 8 + 8) / PAGE_BYTES);
    const more: Record<number, { count: number; bytes: number[] }> = {
      [SECTION.type]: { count: 2, bytes: [0x60, 1, 0x7f, 0, 0x60, 0, 0] },
      [SECTION.table]: { count: 1, bytes: [0x70, 1, 4, 4] },
      [SECTION.memory]: { count: 1, bytes: [0, ...leb(pages)] },
      // Two mutable globals, an i64 and an i32.
      [SECTION.global]: { count: 2, bytes: [0x7e, 1, Op.i64Const, 0, Op.end, 0x7f, 1, Op.i32Const, 0, Op.end] },
      [SECTION.export]: {
        count: 4,
        bytes: [
          ...[...name(COUNTING.counts), 2, ...leb(module.memories.length)],
          ...[...name(COUNTING.left), 3, ...leb(this.globals)],
          ...[...name(COUNTING.short), 3, ...leb(this.globals + 1)],
          ...[...name(COUNTING.hooks), 1, ...leb(this.tables)],
        ],
      },
    };
    const missing = Object.keys(more).map(Number);
    out.copy(metered.bytes, 0, 8);
    for (const { id, offset, size } of module.sections) {
      while (missing[0] !== undefined && missing[0] < id) {
        const next = missing.shift() as number;
        this.vector(next, -1, 0, more[next]);
      }
      if (id === SECTION.code) {
        out.u8(id);
        out.u32(code.length);
        this.shift(out.length);
        out.copy(code.bytes, 0, code.length);
      } else if (more[id] !== undefined) {
        if (missing[0] === id) missing.shift();
        this.vector(id, offset, offset + size, more[id]);
      } else {
        out.u8(id);
        out.u32(size);
        out.copy(metered.bytes, offset, offset + size);
      }
    }
    for (const id of missing) this.vector(id, -1, 0, more[id]);
    return {
      bytes: out.written(),
      stretches: this.stretches,
      functions: this.functions,
      importedFunctions: metered.importedFunctions,
      inner: metered.inner,
      interruptFunction: metered.interruptFunction,
    };
  }

  /** Offsets of code become offsets in the module. */
  private shift(by: number): void {
    for (const { at } of this.functions) for (let i = 0; i < at.length; i++) at[i] = (at[i] as number) + by;
  }

  private vector(id: number, offset: number, end: number, extra?: { count: number; bytes: number[] }): void {
    const { bytes } = this.metered;
    const reader = new BinaryReader(bytes, Math.max(offset, 0), Math.max(end, 0));
    const count = offset === -1 ? 0 : reader.u32();
    const content = new ByteWriter(Math.max(0, end - offset) + 128);
    content.u32(count + (extra?.count ?? 0));
    if (offset !== -1) content.copy(bytes, reader.pos, end);
    for (const byte of extra?.bytes ?? []) content.u8(byte);
    this.out.u8(id);
    this.out.u32(content.length);
    this.out.copy(content.bytes, 0, content.length);
  }

  private code(importedFunctions: number): ByteWriter {
    const { metered } = this;
    const code = new ByteWriter(metered.bytes.length * 4);
    if (metered.codeOffset < 0) return code;
    const reader = new BinaryReader(metered.bytes, metered.codeOffset);
    const count = reader.u32();
    code.u32(count);
    const outer = new Set(metered.inner);
    for (let i = 0; i < count; i++) {
      const size = reader.u32();
      const index = importedFunctions + i;
      if (index === metered.interruptFunction || outer.has(index)) {
        code.u32(size);
        code.copy(metered.bytes, reader.pos, reader.pos + size);
      } else {
        this.body(code, reader.pos, reader.pos + size, index);
      }
      reader.pos += size;
    }
    return code;
  }

  private body(code: ByteWriter, start: number, end: number, index: number): void {
    const { bytes, importedFunctions } = this.metered;
    const original = outerOf(this.metered, index) ?? index;
    const first = skipLocals(bytes, start, end, 4);
    const own = new OwnCode(this.metered, index, start, first, end);
    const out = new ByteWriter((end - start) * 4);
    out.copy(bytes, start, first);
    this.hook(out, HOOKS.entered, original);
    const found = { at: [] as number[], length: [] as number[], bodyOffset: [] as number[], stretch: [] as number[] };
    let added = own.addedLocals;
    /** Offset in the original of the code that an unrolled loop repeats. */
    let round = 0;
    /** Where the stretch at hand began in `found`, and in `out`; -1 between stretches. */
    let begun = -1;
    /** Bytes since the stretch began: they are copied once its cost is known. */
    let held = first;
    const note = (outAt: number, length: number, bodyOffset: number) => {
      if (begun === -1) begun = found.at.length;
      found.at.push(outAt);
      found.length.push(length);
      found.bodyOffset.push(bodyOffset);
      found.stretch.push(this.stretches);
    };
    /** Ends the stretch: its counter, then all that was held back. */
    const flush = (to: number) => {
      if (begun !== -1) {
        const before = out.length;
        this.counter(out, this.stretches++, found.at.length - begun);
        const shift = out.length - before;
        for (let i = begun; i < found.at.length; i++) found.at[i] = (found.at[i] as number) + shift;
        begun = -1;
      }
      out.copy(bytes, held, to);
      held = to;
    };
    for (let at = first; at < end; ) {
      const position = out.length + at - held;
      const put = own.at(at);
      if (put !== null) {
        if (put.stands > 0) note(position, put.next - at, at - start - added);
        // Code in front of a stretch may keep the stretch from being executed.
        if (put.stands > 0 || begun === -1) flush(put.next);
        added += put.next - at - put.stands;
        at = put.next;
        if (put.round === 'first') round = at - added;
        else if (put.round === 'again') added = at - round;
        continue;
      }
      const opcode = bytes[at] as number;
      const next = skipImmediates(bytes, opcode, at + 1, end);
      const bodyOffset = at - start - added;
      switch (opcode) {
        case Op.block:
          break;
        case Op.loop:
        case Op.else:
        case Op.end:
          flush(next);
          break;
        case Op.call:
        case Op.callIndirect: {
          note(position, next - at, bodyOffset);
          const isHost = opcode === Op.call && smallIndex(bytes, at + 1) < importedFunctions;
          if (isHost) {
            flush(next);
            break;
          }
          const last = found.at.length - 1;
          flush(at);
          this.hook(out, HOOKS.calling, bodyOffset);
          found.at[last] = out.length;
          flush(next);
          this.hook(out, HOOKS.called);
          break;
        }
        case Op.returnCall:
        case Op.returnCallIndirect: {
          note(position, next - at, bodyOffset);
          const last = found.at.length - 1;
          flush(at);
          this.hook(out, HOOKS.leaving);
          found.at[last] = out.length;
          flush(next);
          break;
        }
        case Op.unreachable:
        case Op.if:
        case Op.br:
        case Op.brIf:
        case Op.brTable:
        case Op.return:
        case Op.memoryGrow:
          note(position, next - at, bodyOffset);
          flush(next);
          break;
        default:
          note(position, next - at, bodyOffset);
      }
      added += own.grown(at);
      at = next;
    }
    flush(end);
    code.u32(out.length);
    const base = code.length;
    code.copy(out.bytes, 0, out.length);
    this.functions[original - importedFunctions] = {
      at: Uint32Array.from(found.at, (offset) => offset + base),
      length: Uint32Array.from(found.length),
      bodyOffset: Uint32Array.from(found.bodyOffset),
      stretch: Uint32Array.from(found.stretch),
    };
  }

  /**
   * Writes a counter.
   *
   * It ends the run where fuel was short already. Otherwise it counts the stretch, takes `cost` off
   * the fuel, and notes whether fuel is short now.
   */
  private counter(out: ByteWriter, stretch: number, cost: number): void {
    const { globals } = this;
    const memarg = (opcode: number) => {
      out.u8(opcode);
      // Alignment 8, and a memory index follows.
      out.u8(0x43);
      out.u32(this.metered.memory === null ? 0 : 1);
      out.u32(stretch * 8);
    };
    const global = (opcode: number, index: number) => {
      out.u8(opcode);
      out.u32(index);
    };
    const ifShort = () => {
      global(Op.globalGet, globals);
      for (const byte of [Op.i64Const, 0, Op.i64LtS, Op.if, 0x40]) out.u8(byte);
    };
    ifShort();
    out.u8(Op.unreachable);
    out.u8(Op.end);
    for (const byte of [Op.i32Const, 0, Op.i32Const, 0]) out.u8(byte);
    memarg(0x29);
    for (const byte of [Op.i64Const, 1, Op.i64Add]) out.u8(byte);
    memarg(0x37);
    global(Op.globalGet, globals);
    out.u8(Op.i64Const);
    out.signed(cost);
    out.u8(Op.i64Sub);
    global(Op.globalSet, globals);
    // Not the end yet: what it may still pay for can trap first.
    ifShort();
    out.u8(Op.i32Const);
    out.signed(stretch);
    global(Op.globalSet, globals + 1);
    out.u8(Op.end);
  }

  private hook(out: ByteWriter, hook: number, argument?: number): void {
    if (argument !== undefined) {
      out.u8(Op.i32Const);
      out.signed(argument);
    }
    out.u8(Op.i32Const);
    out.signed(hook);
    out.u8(Op.callIndirect);
    out.u32(argument === undefined ? this.types + 1 : this.types);
    out.u32(this.tables);
  }
}

function leb(value: number): number[] {
  const writer = new ByteWriter(8);
  writer.u32(value);
  return [...writer.written()];
}

function name(text: string): number[] {
  const writer = new ByteWriter(32);
  writer.name(text);
  return [...writer.written()];
}
