import { HEADER, text, u32 } from '../helpers/wasmBytes.ts';

/** Ids of sections, in the order they must come in. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

type Chunk = Uint8Array | readonly number[];

/**
 * Writes a good tasklet by bytes, and more entries into its sections: for modules too large or too
 * odd for an assembler.
 *
 * Its functions init, run and finalize are 0, 1 and 2, so it takes no function imports.
 */
export class ModuleBuilder {
  private readonly sections = new Map<number, { count: number; chunks: Chunk[] }>();

  /** @param run body of run without locals and `end`; by default it returns 0 */
  constructor(run: readonly number[] = [0x41, 0], locals: readonly number[] = [0]) {
    const types = [
      [0x60, 2, 0x7f, 0x7f, 0],
      [0x60, 2, 0x7f, 0x7f, 1, 0x7f],
      [0x60, 0, 0],
    ];
    for (const [index, type] of types.entries()) this.add(1, 1, type).add(3, 1, [index]);
    this.export('memory', 2, 0);
    for (const [index, name] of ['init', 'run', 'finalize'].entries()) this.export(`_grafos_tasklet_${name}`, 0, index);
    this.body([0], []);
    this.body(locals, run);
    this.body([0], []);
  }

  /** `count` equal entries of a section's vector. */
  add(id: number, count: number, bytes: Chunk): this {
    const section = this.sections.get(id) ?? { count: 0, chunks: [] };
    this.sections.set(id, section);
    section.count += count;
    section.chunks.push(count === 1 ? bytes : repeated(bytes, count));
    return this;
  }

  /** One memory, unless a case brings its own. */
  memory(limits: readonly number[] = [0, 1]): this {
    return this.add(5, 1, limits);
  }

  export(name: string, kind: number, index: number): this {
    return this.add(7, 1, [...text(name), kind, ...u32(index)]);
  }

  body(locals: Chunk, code: Chunk): this {
    const body = joined([locals, code, [0x0b]]);
    return this.add(10, 1, joined([u32(body.length), body]));
  }

  bytes(): Uint8Array {
    if (!this.sections.has(5)) this.memory();
    const parts: Chunk[] = [HEADER];
    for (const id of ORDER) {
      const section = this.sections.get(id);
      if (section === undefined) continue;
      const content = joined([u32(section.count), ...section.chunks]);
      parts.push([id], u32(content.length), content);
    }
    return joined(parts);
  }
}

export function repeated(bytes: Chunk, count: number): Uint8Array {
  const all = new Uint8Array(bytes.length * count);
  for (let i = 0; i < count; i++) all.set(bytes, i * bytes.length);
  return all;
}

export function joined(chunks: readonly Chunk[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
