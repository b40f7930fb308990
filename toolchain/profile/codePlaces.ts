import { BinaryReader } from '../../wasm/read/binaryReader.ts';
import { Op } from '../../wasm/read/opcodes.ts';
import { readModule } from '../../wasm/read/readModule.ts';
import { SECTION } from '../../wasm/read/section.ts';
import { skipImmediates } from '../../wasm/read/skipImmediates.ts';
import { skipLocals } from '../../wasm/read/skipLocals.ts';
import { enclosingFunction } from '../places/enclosingFunction.ts';
import { isOwnSource } from './isOwnSource.ts';
import type { ReadSourceMap } from './readSourceMap.ts';

/**
 * The source of an instruction: a file as the map names it, and a line and a column, both from 1.
 */
export interface SourceLine {
  file: string;
  line: number;
  column: number;
}

/** Names and source lines of a built module's code. */
export interface CodePlaces {
  nameOf(functionIndex: number): string;
  /** The name that the module itself gives a function; undefined where it gives none. */
  ownNameOf(functionIndex: number): string | undefined;
  /** Null without a source map, or where it says nothing. */
  lineOf(functionIndex: number, bodyOffset: number): SourceLine | null;
  /**
   * Finds the nearest line of a `wanted` file in the same function: before the instruction, or else
   * after it. For inlined code of another file, that is the line of its call.
   */
  nearLineOf(functionIndex: number, bodyOffset: number, wanted: (file: string) => boolean): SourceLine | null;
  /** The function's body, from its locals; undefined for an imported one. */
  bodyOf(functionIndex: number): Uint8Array | undefined;
  /** Finds the first line of a function: in a `wanted` file, or else in any. */
  wholeOf(functionIndex: number, wanted: (file: string) => boolean): SourceLine | null;
  /**
   * Finds the first line of a `wanted` file in the innermost loop around an instruction; null where
   * no loop is around it.
   */
  loopOf(functionIndex: number, bodyOffset: number, wanted: (file: string) => boolean): SourceLine | null;
  /** The text of a source, line by line; undefined where neither the map nor the program has it. */
  linesOf(file: string): readonly string[] | undefined;
  /**
   * Finds the line of the program that an instruction belongs to. Inlined code of a library belongs
   * to the line before it. Null in a function without lines of the program.
   */
  ownLineOf(functionIndex: number, bodyOffset: number): SourceLine | null;
  /** Lists the lines of the program that have code, each once, of all functions. */
  ownLines(): SourceLine[];
  /** Lists those of one function, in the order of its code. */
  ownLinesIn(functionIndex: number): SourceLine[];
}

/** Bytes of code after an instruction in which a line is looked for. */
const FOLLOWING_BYTES = 4096;

/** UTF-16 units of a line that are read: sources come from a map that anybody may have made. */
const LINE_LOOKED_AT = 1_000;

/**
 * @param map its source map (WebAssembly debugging conventions: one line, columns are offsets in
 *   the module), or null
 * @param readSource the text of a source that the map does not carry
 */
export function createCodePlaces(
  wasm: Uint8Array,
  map: ReadSourceMap | null,
  readSource: (file: string) => string | undefined,
): CodePlaces {
  return new ModulePlaces(wasm, map, readSource);
}

/** A source line, and the offset in the module where its code begins. */
interface PlacedCode {
  place: SourceLine;
  at: number;
}

class ModulePlaces implements CodePlaces {
  readonly #wasm: Uint8Array;
  readonly #map: ReadSourceMap | null;
  readonly #readSource: (file: string) => string | undefined;
  readonly #imports: ReturnType<typeof readModule>['imports'];
  readonly #importedFunctions: number;
  /** Offset of each body of the module, and its bytes. */
  readonly #starts: number[];
  readonly #sizes: number[];
  readonly #ownNames: ReadonlyMap<number, string>;
  /** The names of the module, and those that were found since. */
  readonly #names: Map<number, string>;
  readonly #texts = new Map<string, string[] | undefined>();
  readonly #ownLines = new Map<number, PlacedCode[]>();

  constructor(wasm: Uint8Array, map: ReadSourceMap | null, readSource: (file: string) => string | undefined) {
    const module = readModule(wasm, { bodies: false });
    const nameSection = module.customSections.find(({ name }) => name === 'name');
    const names = functionNames(wasm, nameSection);
    for (const { name, kind, index } of module.exports) {
      if (kind === 'func' && !names.has(index)) names.set(index, name);
    }
    this.#wasm = wasm;
    this.#map = map;
    this.#readSource = readSource;
    this.#imports = module.imports;
    this.#importedFunctions = module.importedFunctions;
    const bodies = readBodies(wasm, module.sections.find(({ id }) => id === SECTION.code)?.offset);
    this.#starts = bodies.map(({ start }) => start);
    this.#sizes = bodies.map(({ size }) => size);
    this.#ownNames = new Map(names);
    this.#names = names;
  }

  lineOf(functionIndex: number, bodyOffset: number): SourceLine | null {
    return this.#nearest(functionIndex, bodyOffset, () => true);
  }

  bodyOf(functionIndex: number): Uint8Array | undefined {
    const start = this.#startOf(functionIndex);
    if (start === undefined) return undefined;
    return this.#wasm.subarray(start, start + (this.#sizes[functionIndex - this.#importedFunctions] ?? 0));
  }

  linesOf(file: string): string[] | undefined {
    if (!this.#texts.has(file)) {
      const text = this.#map?.texts.get(file) ?? this.#readSource(file);
      const lines = text?.split('\n').map((line) => line.slice(0, LINE_LOOKED_AT));
      this.#texts.set(file, lines);
    }
    return this.#texts.get(file);
  }

  nearLineOf(functionIndex: number, bodyOffset: number, wanted: (file: string) => boolean): SourceLine | null {
    return this.#nearest(functionIndex, bodyOffset, wanted) ?? this.#following(functionIndex, bodyOffset, wanted);
  }

  wholeOf(functionIndex: number, wanted: (file: string) => boolean): SourceLine | null {
    return this.#following(functionIndex, 0, wanted) ?? this.#following(functionIndex, 0, () => true);
  }

  loopOf(functionIndex: number, bodyOffset: number, wanted: (file: string) => boolean): SourceLine | null {
    const start = this.#startOf(functionIndex);
    const loop = start === undefined ? null : innermostLoop(this.#wasm, start, bodyOffset);
    return loop === null ? null : this.#following(functionIndex, loop, wanted);
  }

  ownNameOf(functionIndex: number): string | undefined {
    return this.#ownNames.get(functionIndex);
  }

  ownLineOf(functionIndex: number, bodyOffset: number): SourceLine | null {
    const lines = this.#ownLinesOf(functionIndex);
    const offset = (this.#startOf(functionIndex) ?? 0) + bodyOffset;
    // Code before the first line, such as the reading of the input, belongs to that line.
    return (lines[lastAtOrBefore(lines, offset)] ?? lines[0])?.place ?? null;
  }

  ownLines(): SourceLine[] {
    const lines = new Map<string, SourceLine>();
    for (const at of this.#starts.keys()) {
      for (const { place } of this.#ownLinesOf(this.#importedFunctions + at))
        lines.set(`${place.file}:${place.line}`, place);
    }
    return [...lines.values()];
  }

  ownLinesIn(functionIndex: number): SourceLine[] {
    return this.#ownLinesOf(functionIndex).map(({ place }) => place);
  }

  nameOf(functionIndex: number): string {
    const known = this.#names.get(functionIndex);
    if (known !== undefined) return known;
    if (functionIndex < this.#importedFunctions) {
      const imported = this.#imports.filter(({ type }) => type.kind === 'func')[functionIndex];
      return `${imported?.module}.${imported?.name}`;
    }
    const name = this.#headName(functionIndex) ?? `function ${functionIndex}`;
    this.#names.set(functionIndex, name);
    return name;
  }

  #startOf(functionIndex: number): number | undefined {
    return this.#starts[functionIndex - this.#importedFunctions];
  }

  /** The offset after the function's body, and after the size of the next one. */
  #endOf(functionIndex: number): number {
    return this.#startOf(functionIndex + 1) ?? this.#wasm.length;
  }

  /**
   * Finds the place of an instruction. Code of the optimizer has no place, and counts for the line
   * before it.
   */
  #nearest(functionIndex: number, bodyOffset: number, wanted: (file: string) => boolean): SourceLine | null {
    const start = this.#startOf(functionIndex);
    if (start === undefined) return null;
    return this.#placeBefore(start, start + bodyOffset, wanted)?.place ?? null;
  }

  #following(functionIndex: number, bodyOffset: number, wanted: (file: string) => boolean): SourceLine | null {
    const start = this.#startOf(functionIndex);
    if (this.#map === null || start === undefined) return null;
    const from = start + bodyOffset;
    const end = Math.min(this.#endOf(functionIndex), from + FOLLOWING_BYTES);
    for (let offset = from; offset < end; offset++) {
      const entry = this.#map.map.findEntry(0, offset);
      if (!('generatedColumn' in entry) || entry.generatedColumn !== offset) continue;
      const { originalSource: file, originalLine, originalColumn } = entry;
      if (file !== undefined && wanted(file)) return { file, line: originalLine + 1, column: originalColumn + 1 };
    }
    return null;
  }

  #ownLinesOf(functionIndex: number): PlacedCode[] {
    const known = this.#ownLines.get(functionIndex);
    if (known !== undefined) return known;
    const found: PlacedCode[] = [];
    const start = this.#startOf(functionIndex);
    if (start !== undefined) {
      let from = this.#endOf(functionIndex) - 1;
      for (let one = this.#placeBefore(start, from); one !== null; one = this.#placeBefore(start, from)) {
        if (isOwnSource(one.place.file)) found.push(one);
        from = one.at - 1;
      }
    }
    found.reverse();
    this.#ownLines.set(functionIndex, found);
    return found;
  }

  /**
   * Finds the function's name in the source: that of the head above its last line. Inlined code of
   * other functions is mostly at the beginning of a body. Lines of the program are preferred.
   */
  #headName(functionIndex: number): string | undefined {
    const start = this.#startOf(functionIndex) ?? 0;
    const last = this.#placeBefore(start, this.#endOf(functionIndex) - 1)?.place ?? null;
    const place = this.#ownLinesOf(functionIndex).at(-1)?.place ?? last;
    if (place === null) return undefined;
    const lines = this.linesOf(place.file) ?? [];
    return enclosingFunction(lines, place.line, 'assemblyscript') ?? `${place.file}:${place.line}`;
  }

  /**
   * Finds the nearest place in a `wanted` file at or before the offset `from`, but not before
   * `start`.
   */
  #placeBefore(start: number, from: number, wanted: (file: string) => boolean = () => true): PlacedCode | null {
    if (this.#map === null) return null;
    for (let offset = from; offset >= start; ) {
      const entry = this.#map.map.findEntry(0, offset);
      if (!('generatedColumn' in entry) || entry.generatedColumn < start) return null;
      const { originalSource: file, originalLine, originalColumn } = entry;
      if (file !== undefined && wanted(file)) {
        return { place: { file, line: originalLine + 1, column: originalColumn + 1 }, at: entry.generatedColumn };
      }
      offset = entry.generatedColumn - 1;
    }
    return null;
  }
}

/** Finds the place in the sorted list of the last one at or before an offset; -1 where none is. */
function lastAtOrBefore(lines: readonly PlacedCode[], offset: number): number {
  let [from, to] = [0, lines.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((lines[middle]?.at ?? 0) <= offset) from = middle + 1;
    else to = middle;
  }
  return from - 1;
}

function readBodies(wasm: Uint8Array, codeOffset: number | undefined): Array<{ start: number; size: number }> {
  if (codeOffset === undefined) return [];
  const reader = new BinaryReader(wasm, codeOffset);
  return Array.from({ length: reader.u32() }, () => {
    const size = reader.u32();
    const start = reader.pos;
    reader.pos += size;
    return { start, size };
  });
}

/**
 * Finds the offset in a function's body of the innermost loop around an instruction; null where
 * none is. The module must be valid.
 */
function innermostLoop(wasm: Uint8Array, start: number, bodyOffset: number): number | null {
  const end = Math.min(wasm.length, start + bodyOffset);
  /** The offset of each open loop; null for another block. */
  const open: Array<number | null> = [];
  for (let at = skipLocals(wasm, start, wasm.length, 0); at < end; ) {
    const opcode = wasm[at] as number;
    if (opcode === Op.loop) open.push(at - start);
    else if (opcode === Op.block || opcode === Op.if) open.push(null);
    else if (opcode === Op.end) open.pop();
    at = skipImmediates(wasm, opcode, at + 1, wasm.length);
  }
  return open.findLast((loop) => loop !== null) ?? null;
}

/**
 * Subsection 1 of a name section (Core Specification 2.0, appendix "Custom Sections"); empty where
 * it is broken.
 */
function functionNames(wasm: Uint8Array, section: { offset: number; size: number } | undefined): Map<number, string> {
  const names = new Map<number, string>();
  if (section === undefined) return names;
  const end = section.offset + section.size;
  const reader = new BinaryReader(wasm, section.offset, end);
  try {
    while (reader.pos < end) {
      const id = reader.u8();
      const size = reader.u32();
      // Names are read from their subsection alone, so that no byte is read for a second one.
      const part = new BinaryReader(wasm, reader.pos, Math.min(reader.pos + size, end));
      reader.pos = part.end;
      for (let left = id === 1 ? part.u32() : 0; left > 0; left--) {
        const index = part.u32();
        const length = part.u32();
        const start = part.pos;
        part.skip(length);
        names.set(index, demangled(Buffer.from(wasm.subarray(start, part.pos)).toString('utf8')));
      }
    }
  } catch {
    // A name section is a comment: the engine does not look at it either.
  }
  return names;
}

/** Rust's legacy mangling: `_ZN4core3fmt5write17h0123456789abcdefE` is core::fmt::write. */
function demangled(name: string): string {
  if (!name.startsWith('_ZN')) return name;
  const parts: string[] = [];
  const count = /[1-9]\d{0,4}/y;
  let at = 3;
  for (count.lastIndex = at; name[at] !== 'E'; count.lastIndex = at) {
    const digits = count.exec(name)?.[0];
    if (digits === undefined) return name;
    const start = at + digits.length;
    at = start + Number(digits);
    parts.push(name.slice(start, at));
  }
  if (/^h[0-9a-f]{16}$/.test(parts.at(-1) ?? '')) parts.pop();
  return parts.length === 0
    ? name
    : parts.join('::').replaceAll('$LT$', '<').replaceAll('$GT$', '>').replaceAll('..', '::');
}
