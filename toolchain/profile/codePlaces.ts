import { BinaryReader } from '../../wasm/binaryReader.ts';
import { Op } from '../../wasm/opcodes.ts';
import { readModule, SECTION } from '../../wasm/readModule.ts';
import { skipImmediates } from '../../wasm/skipImmediates.ts';
import { skipLocals } from '../../wasm/skipLocals.ts';
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
  /**
   * Finds the place of a function as a whole: its first line, or its loop.
   *
   * @param loop the fuel ended in the function: the loop is the better place, where the function
   * has exactly one outermost loop
   */
  wholeOf(functionIndex: number, wanted: (file: string) => boolean, loop: boolean): SourceLine | null;
  /** The text of a source, line by line; undefined where neither the map nor the program has it. */
  linesOf(file: string): readonly string[] | undefined;
  /**
   * Finds the line of the program that an instruction belongs to. Inlined code of a library belongs
   * to the line before it. Null in a function without lines of the program.
   */
  ownLineOf(functionIndex: number, bodyOffset: number): SourceLine | null;
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
export function codePlaces(
  wasm: Uint8Array,
  map: ReadSourceMap | null,
  readSource: (file: string) => string | undefined,
): CodePlaces {
  const module = readModule(wasm, { bodies: false });
  const starts = bodyStarts(wasm, module.sections.find(({ id }) => id === SECTION.code)?.offset);
  const names = functionNames(
    wasm,
    module.customSections.find(({ name }) => name === 'name'),
  );
  for (const { name, kind, index } of module.exports) if (kind === 'func' && !names.has(index)) names.set(index, name);
  const given = new Map(names);
  const { imports, importedFunctions } = module;
  const texts = new Map<string, string[] | undefined>();
  const linesOf = (file: string): string[] | undefined => {
    if (!texts.has(file)) {
      const text = map?.texts.get(file) ?? readSource(file);
      texts.set(
        file,
        text?.split('\n').map((line) => line.slice(0, LINE_LOOKED_AT)),
      );
    }
    return texts.get(file);
  };
  const lineOf = (functionIndex: number, bodyOffset: number) => nearest(functionIndex, bodyOffset, () => true);
  /**
   * Finds the place of an instruction. Code of the optimizer has no place, and counts for the line
   * before it.
   */
  const nearest = (functionIndex: number, bodyOffset: number, wanted: (file: string) => boolean): SourceLine | null => {
    const start = starts[functionIndex - importedFunctions];
    if (map === null || start === undefined) return null;
    return placeBefore(start, start + bodyOffset, wanted)?.place ?? null;
  };
  const ownLines = new Map<number, Array<{ place: SourceLine; at: number }>>();
  const ownLinesOf = (functionIndex: number): Array<{ place: SourceLine; at: number }> => {
    const known = ownLines.get(functionIndex);
    if (known !== undefined) return known;
    const found: Array<{ place: SourceLine; at: number }> = [];
    const start = starts[functionIndex - importedFunctions];
    if (start !== undefined) {
      let from = (starts[functionIndex - importedFunctions + 1] ?? wasm.length) - 1;
      for (let one = placeBefore(start, from); one !== null; one = placeBefore(start, from)) {
        if (isOwnSource(one.place.file)) found.push(one);
        from = one.at - 1;
      }
    }
    found.reverse();
    ownLines.set(functionIndex, found);
    return found;
  };
  const following = (
    functionIndex: number,
    bodyOffset: number,
    wanted: (file: string) => boolean,
  ): SourceLine | null => {
    const start = starts[functionIndex - importedFunctions];
    if (map === null || start === undefined) return null;
    const from = start + bodyOffset;
    const end = Math.min(starts[functionIndex - importedFunctions + 1] ?? wasm.length, from + FOLLOWING_BYTES);
    for (let offset = from; offset < end; offset++) {
      const entry = map.map.findEntry(0, offset);
      if (!('generatedColumn' in entry) || entry.generatedColumn !== offset) continue;
      const { originalSource: file, originalLine, originalColumn } = entry;
      if (file !== undefined && wanted(file)) return { file, line: originalLine + 1, column: originalColumn + 1 };
    }
    return null;
  };
  return {
    lineOf,
    linesOf,
    nearLineOf: (functionIndex, bodyOffset, wanted) =>
      nearest(functionIndex, bodyOffset, wanted) ?? following(functionIndex, bodyOffset, wanted),
    wholeOf(functionIndex, wanted, loop) {
      const start = starts[functionIndex - importedFunctions];
      const loops = loop && start !== undefined ? outerLoops(wasm, start) : [];
      const from = loops.length === 1 ? (loops[0] as number) : 0;
      return following(functionIndex, from, wanted) ?? following(functionIndex, from, () => true);
    },
    ownNameOf: (functionIndex) => given.get(functionIndex),
    ownLineOf: (functionIndex, bodyOffset) => {
      const lines = ownLinesOf(functionIndex);
      const offset = (starts[functionIndex - importedFunctions] ?? 0) + bodyOffset;
      // Code before the first line, such as the reading of the input, belongs to that line.
      return (lines.findLast(({ at }) => at <= offset) ?? lines[0])?.place ?? null;
    },
    nameOf(functionIndex) {
      const known = names.get(functionIndex);
      if (known !== undefined) return known;
      if (functionIndex < importedFunctions) {
        const imported = imports.filter(({ type }) => type.kind === 'func')[functionIndex];
        return `${imported?.module}.${imported?.name}`;
      }
      const name = headName(functionIndex) ?? `function ${functionIndex}`;
      names.set(functionIndex, name);
      return name;
    },
  };

  /**
   * Finds the function's name in the source: that of the head above its last line. Inlined code of
   * other functions is mostly at the beginning of a body. Lines of the program are preferred.
   */
  function headName(functionIndex: number): string | undefined {
    const start = starts[functionIndex - importedFunctions] ?? 0;
    const next = starts[functionIndex - importedFunctions + 1] ?? wasm.length;
    const last = placeBefore(start, next - 1)?.place ?? null;
    const place = ownLinesOf(functionIndex).at(-1)?.place ?? last;
    if (place === null) return undefined;
    const lines = linesOf(place.file) ?? [];
    return enclosingFunction(lines, place.line, 'assemblyscript') ?? `${place.file}:${place.line}`;
  }

  /**
   * Finds the nearest place in a `wanted` file at or before the offset `from`, but not before
   * `start`.
   */
  function placeBefore(
    start: number,
    from: number,
    wanted: (file: string) => boolean = () => true,
  ): { place: SourceLine; at: number } | null {
    if (map === null) return null;
    for (let offset = from; offset >= start; ) {
      const entry = map.map.findEntry(0, offset);
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

function bodyStarts(wasm: Uint8Array, codeOffset: number | undefined): number[] {
  if (codeOffset === undefined) return [];
  const reader = new BinaryReader(wasm, codeOffset);
  return Array.from({ length: reader.u32() }, () => {
    const size = reader.u32();
    const start = reader.pos;
    reader.pos += size;
    return start;
  });
}

/** Lists the offsets in a function's body of its outermost loops. The module must be valid. */
function outerLoops(wasm: Uint8Array, start: number): number[] {
  const end = wasm.length;
  const loops: number[] = [];
  /** One entry for each open block; true for a loop. */
  const open: boolean[] = [false];
  for (let at = skipLocals(wasm, start, end, 0); open.length > 0 && at < end; ) {
    const opcode = wasm[at] as number;
    if (opcode === Op.loop && !open.includes(true)) loops.push(at - start);
    if (opcode === Op.block || opcode === Op.loop || opcode === Op.if) open.push(opcode === Op.loop);
    else if (opcode === Op.end) open.pop();
    at = skipImmediates(wasm, opcode, at + 1, end);
  }
  return loops;
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
      const next = reader.pos + size;
      for (let left = id === 1 ? reader.u32() : 0; left > 0; left--) {
        const index = reader.u32();
        const length = reader.u32();
        names.set(index, demangled(Buffer.from(wasm.subarray(reader.pos, reader.pos + length)).toString('utf8')));
        reader.pos += length;
      }
      reader.pos = next;
    }
  } catch {
    // A name section is a comment: the engine does not look at it either.
  }
  return names;
}

/** Rust's legacy mangling: `_ZN4core3fmt5write17h0123456789abcdefE` is core::fmt::write. */
function demangled(name: string): string {
  const mangled = /^_ZN((?:\d+[\w.$]+?)+)E/.exec(name);
  if (mangled === null) return name;
  const parts: string[] = [];
  for (let rest = mangled[1] ?? ''; rest !== ''; ) {
    const [digits = ''] = /^\d+/.exec(rest) ?? [];
    if (digits === '') break;
    parts.push(rest.slice(digits.length, digits.length + Number(digits)));
    rest = rest.slice(digits.length + Number(digits));
  }
  if (/^h[0-9a-f]{16}$/.test(parts.at(-1) ?? '')) parts.pop();
  return parts.join('::').replaceAll('$LT$', '<').replaceAll('$GT$', '>').replaceAll('..', '::');
}
