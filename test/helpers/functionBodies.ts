import { BinaryReader } from '../../wasm/read/binaryReader.ts';
import { readModule } from '../../wasm/read/readModule.ts';
import { SECTION } from '../../wasm/read/section.ts';
import { skipImmediates } from '../../wasm/read/skipImmediates.ts';
import { skipLocals } from '../../wasm/read/skipLocals.ts';

export interface FunctionBodyPlace {
  /** Offset after the body's size. */
  start: number;
  /** Offset of the first instruction. */
  first: number;
  end: number;
  /** Offset of each instruction. */
  instructions: number[];
}

/**
 * Places of all function bodies of a module, in order.
 *
 * @param added number of locals that a body may have beyond the bound
 */
export function functionBodies(bytes: Uint8Array, added = 0): FunctionBodyPlace[] {
  const code = readModule(bytes, { bodies: false }).sections.find(({ id }) => id === SECTION.code);
  if (code === undefined) return [];
  const reader = new BinaryReader(bytes, code.offset);
  return Array.from({ length: reader.u32() }, () => {
    const size = reader.u32();
    const [start, end] = [reader.pos, reader.pos + size];
    const first = skipLocals(bytes, start, end, added);
    const instructions: number[] = [];
    for (let at = first; at < end; at = skipImmediates(bytes, bytes[at] as number, at + 1, end)) instructions.push(at);
    reader.pos = end;
    return { start, first, end, instructions };
  });
}
