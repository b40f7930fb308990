import type { ByteWriter } from '../meter/byteWriter.ts';
import { EMPTY_BLOCK, Op } from '../read/opcodes.ts';

/**
 * Places in the table of hooks.
 *
 * `entered(function index)` begins a function. `calling(offset of the call in its body)` and
 * `called()` are around calls, `leaving()` before tail calls.
 */
export const HOOKS = { entered: 0, calling: 1, called: 2, leaving: 3 } as const;

const I64_LOAD = 0x29;
const I64_STORE = 0x37;
/** Alignment of 8 bytes, with a flag: the index of a memory follows. */
const ALIGNED_IN_MEMORY = 0x43;
/** Bytes of a counter. */
const COUNTER_BYTES = 8;

/** Indices of what a counting module has beside the metered one. */
export interface CountingIndices {
  /** Type of hooks with an argument; the next one is of those without. */
  hookType: number;
  hookTable: number;
  /** The memory of the counters. */
  counters: number;
  /** The global with the fuel left; the next one has the stretch in which it was short. */
  left: number;
}

/** Writes the code that a counting module adds to functions. */
export class CountingCode {
  private readonly indices: CountingIndices;

  constructor(indices: CountingIndices) {
    this.indices = indices;
  }

  /**
   * Writes the counter of a stretch.
   *
   * It ends the run where fuel was short already. Otherwise it counts the stretch, takes its cost
   * off the fuel, and notes when the fuel is short now. That is not the end yet: an instruction
   * that can still be paid for can trap first.
   *
   * @param cost instructions of the stretch
   */
  counter(out: ByteWriter, stretch: number, cost: number): void {
    const { left } = this.indices;
    this.ifShort(out);
    out.append([Op.unreachable, Op.end]);
    out.append([Op.i32Const, 0, Op.i32Const, 0]);
    this.access(out, I64_LOAD, stretch);
    out.append([Op.i64Const, 1, Op.i64Add]);
    this.access(out, I64_STORE, stretch);
    global(out, Op.globalGet, left);
    out.u8(Op.i64Const);
    out.signed(cost);
    out.u8(Op.i64Sub);
    global(out, Op.globalSet, left);
    this.ifShort(out);
    out.u8(Op.i32Const);
    out.signed(stretch);
    global(out, Op.globalSet, left + 1);
    out.u8(Op.end);
  }

  /** Calls a hook. */
  hook(out: ByteWriter, hook: number, argument?: number): void {
    const { hookType, hookTable } = this.indices;
    if (argument !== undefined) {
      out.u8(Op.i32Const);
      out.signed(argument);
    }
    out.u8(Op.i32Const);
    out.signed(hook);
    out.u8(Op.callIndirect);
    out.u32(argument === undefined ? hookType + 1 : hookType);
    out.u32(hookTable);
  }

  /** Begins an `if` that is entered when no fuel is left. */
  private ifShort(out: ByteWriter): void {
    global(out, Op.globalGet, this.indices.left);
    out.append([Op.i64Const, 0, Op.i64LtS, Op.if, EMPTY_BLOCK]);
  }

  private access(out: ByteWriter, opcode: number, stretch: number): void {
    out.u8(opcode);
    out.u8(ALIGNED_IN_MEMORY);
    out.u32(this.indices.counters);
    out.u32(stretch * COUNTER_BYTES);
  }
}

function global(out: ByteWriter, opcode: number, index: number): void {
  out.u8(opcode);
  out.u32(index);
}
