import { BinaryReader } from '../../wasm/binaryReader.ts';
import { readModule, SECTION } from '../../wasm/readModule.ts';
import type { ReadSourceMap } from './readSourceMap.ts';

/** Where an instruction comes from: a file as the source map names it, and a line from 1. */
export interface SourceLine {
  file: string;
  line: number;
}

/** Names and source lines of a built module's code. */
export interface CodePlaces {
  nameOf(functionIndex: number): string;
  /** Null without a source map, or where it says nothing. */
  lineOf(functionIndex: number, bodyOffset: number): SourceLine | null;
  /**
   * The line of the program that an instruction is there for. Code of a library that was inlined into
   * the program's function belongs to the line before it. Null in a function without such lines.
   */
  ownLineOf(functionIndex: number, bodyOffset: number): SourceLine | null;
}

/** Says whether a file that a source map names is of the program, not one of a library or of ours. */
export function isOwnSource(file: string): boolean {
  return !file.startsWith('~');
}

/** Lines above a function's first one in which its head is looked for. */
const HEAD_LINES = 60;

/**
 * @param map its source map (WebAssembly debugging conventions: one line, columns are offsets in the module), or null
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
  const { imports, importedFunctions } = module;
  const texts = new Map<string, string[] | undefined>();
  const linesOf = (file: string): string[] | undefined => {
    if (!texts.has(file)) {
      const text = map?.texts.get(file) ?? readSource(file);
      texts.set(file, text?.split('\n'));
    }
    return texts.get(file);
  };
  const lineOf = (functionIndex: number, bodyOffset: number): SourceLine | null => {
    const start = starts[functionIndex - importedFunctions];
    if (map === null || start === undefined) return null;
    // What the optimiser made has no place of its own: it counts for the line of what stands before it.
    return placeBefore(start, start + bodyOffset)?.place ?? null;
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
  return {
    lineOf,
    ownLineOf: (functionIndex, bodyOffset) => {
      const lines = ownLinesOf(functionIndex);
      const offset = (starts[functionIndex - importedFunctions] ?? 0) + bodyOffset;
      // What stands before the first line, as the reading of the input, is there for it.
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
   * The function's name in the source: that of the head above its last line. Code of other functions
   * is inlined anywhere in a body, at its beginning most often; a line of the program says more than
   * one of a library.
   */
  function headName(functionIndex: number): string | undefined {
    const start = starts[functionIndex - importedFunctions] ?? 0;
    const next = starts[functionIndex - importedFunctions + 1] ?? wasm.length;
    const last = placeBefore(start, next - 1)?.place ?? null;
    const place = ownLinesOf(functionIndex).at(-1)?.place ?? last;
    if (place === null) return undefined;
    return headAbove(place) ?? `${place.file}:${place.line}`;
  }

  /** The nearest place at or before an offset of the module, no further back than where a function begins. */
  function placeBefore(start: number, from: number): { place: SourceLine; at: number } | null {
    if (map === null) return null;
    for (let offset = from; offset >= start; ) {
      const entry = map.map.findEntry(0, offset);
      if (!('generatedColumn' in entry) || entry.generatedColumn < start) return null;
      if (entry.originalSource !== undefined) {
        return { place: { file: entry.originalSource, line: entry.originalLine + 1 }, at: entry.generatedColumn };
      }
      offset = entry.generatedColumn - 1;
    }
    return null;
  }

  function headAbove({ file, line: from }: SourceLine): string | undefined {
    const lines = linesOf(file);
    for (let line = from; lines !== undefined && line > 0 && line > from - HEAD_LINES; line--) {
      const head =
        /\bfunction\s+([\w$]+)|^\s*(?:(?:export|static|private|protected|public|override|get|set|@\w+(?:\([^)]*\))?)\s+)*([\w$]+)\s*(?:<[^(]*>)?\([^;]*\{\s*$/.exec(
          lines[line - 1] ?? '',
        );
      const name = head?.[1] ?? head?.[2];
      if (name !== undefined && !/^(?:if|for|while|switch|catch)$/.test(name)) return name;
    }
    return undefined;
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

/** Subsection 1 of a name section (Core Specification 2.0, appendix "Custom Sections"); empty where it is broken. */
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
