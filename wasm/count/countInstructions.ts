import { ByteWriter } from '../meter/byteWriter.ts';
import type { MeteredModule } from '../meter/meteredModule.ts';
import { type SectionEdit, spliceSections } from '../meter/sections.ts';
import { BinaryReader } from '../read/binaryReader.ts';
import { Op } from '../read/opcodes.ts';
import { PAGE_BYTES } from '../read/pages.ts';
import { readModule } from '../read/readModule.ts';
import { SECTION } from '../read/section.ts';
import type { WasmModule } from '../read/wasmModule.ts';
import { BodyCounter } from './bodyCounter.ts';
import type { CountedFunction } from './countedFunction.ts';
import { CountingCode, type CountingIndices } from './countingCode.ts';

/** Exports of a counting module. */
export const COUNTING = {
  /** Memory: an i64 for each stretch, how often it was begun. */
  counts: 'grafos:counts',
  /** Mutable i64: fuel left, exact at every call. Set it before the first call. */
  left: 'grafos:left',
  /** Mutable i32: the stretch in which the fuel was short. */
  short: 'grafos:short',
  /** Table of four functions to be set before the first call, see `HOOKS` (countingCode.ts). */
  hooks: 'grafos:hooks',
} as const;

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
 * Puts counters into a metered module: one in front of each stretch of original instructions that
 * are executed together.
 *
 * The code of the meter stays, so depth, NaNs and all that host functions see are those of the run.
 * Fuel is checked in front of every stretch, so an exhausted run ends at the stretch where its
 * budget ends. The counting module serves profiles (docs/guide/profile.md) and is several times
 * slower.
 *
 * @throws {WasmInvalidError} malformed, limit
 */
export function countInstructions(metered: MeteredModule): CountingModule {
  const module = readModule(metered.bytes, { bodies: false, metered: true });
  const indices: CountingIndices = {
    hookType: module.types.length,
    hookTable: module.tables.length,
    counters: metered.memory === null ? 0 : 1,
    left: module.globals.length,
  };
  // The code comes before the rest, because its counters say how large their memory is.
  const { code, functions, stretches } = countCode(metered, new CountingCode(indices));
  const edits = additions(module, indices, stretches);
  const out = new ByteWriter(metered.bytes.length * 4);
  const write = () => {
    out.u32(code.length);
    // Offsets in the code become offsets in the module.
    for (const { at } of functions) for (let i = 0; i < at.length; i++) at[i] = (at[i] as number) + out.length;
    out.copy(code.bytes, 0, code.length);
  };
  edits.set(SECTION.code, { kind: 'rewrite', write });
  spliceSections(out, metered.bytes, module.sections, edits);
  return {
    bytes: out.written(),
    stretches,
    functions,
    importedFunctions: metered.importedFunctions,
    inner: metered.inner,
    interruptFunction: metered.interruptFunction,
  };
}

/** Writes the content of the code section, with counters. */
function countCode(
  metered: MeteredModule,
  counting: CountingCode,
): { code: ByteWriter; functions: CountedFunction[]; stretches: number } {
  const { bytes, importedFunctions, interruptFunction } = metered;
  const code = new ByteWriter(bytes.length * 4);
  const functions: CountedFunction[] = [];
  if (metered.codeOffset < 0) return { code, functions, stretches: 0 };
  let stretches = 0;
  const reader = new BinaryReader(bytes, metered.codeOffset);
  const count = reader.u32();
  code.u32(count);
  const handingOver = new Set(metered.inner);
  for (let i = 0; i < count; i++) {
    const size = reader.u32();
    const start = reader.pos;
    reader.pos += size;
    const index = importedFunctions + i;
    if (index === interruptFunction || handingOver.has(index)) {
      code.u32(size);
      code.copy(bytes, start, reader.pos);
      continue;
    }
    const body = new BodyCounter(metered, index, counting, { start, end: reader.pos }, stretches);
    stretches = body.count();
    code.sized(body.out);
    functions[body.original - importedFunctions] = body.counted(code.length - body.out.length);
  }
  return { code, functions, stretches };
}

/** Types, table, memory, globals and exports for the counters and hooks. */
function additions(module: WasmModule, indices: CountingIndices, stretches: number): Map<number, SectionEdit> {
  const edits = new Map<number, SectionEdit>();
  const extend = (id: number, count: number): ByteWriter => {
    const entries = new ByteWriter(128);
    edits.set(id, { kind: 'extend', count, entries });
    return entries;
  };
  // i32 -> (), and () -> ()
  extend(SECTION.type, 2).append([0x60, 1, 0x7f, 0, 0x60, 0, 0]);
  // Four functions, no more.
  extend(SECTION.table, 1).append([0x70, 1, 4, 4]);
  const memory = extend(SECTION.memory, 1);
  memory.u8(0);
  memory.u32(Math.ceil((stretches * 8 + 8) / PAGE_BYTES));
  // Two mutable globals, an i64 and an i32.
  extend(SECTION.global, 2).append([0x7e, 1, Op.i64Const, 0, Op.end, 0x7f, 1, Op.i32Const, 0, Op.end]);
  const exports = extend(SECTION.export, 4);
  for (const [name, kind, index] of [
    [COUNTING.counts, 2, module.memories.length],
    [COUNTING.left, 3, indices.left],
    [COUNTING.short, 3, indices.left + 1],
    [COUNTING.hooks, 1, indices.hookTable],
  ] as const) {
    exports.name(name);
    exports.u8(kind);
    exports.u32(index);
  }
  return edits;
}
