/**
 * The parsed sources of the language's library and of grafos-std, kept from one compile to the
 * next. To parse them takes longer than all that a check does besides.
 *
 * The compiler changes a parsed source in two ways that outlive a compile. It gives the source a
 * number in `debugInfoIndex`, which each compile must set back to -1. It marks types while it
 * resolves them, and a compile that throws leaves marks: `forget` is for that.
 */
export class ParsedLibrary {
  readonly #kept = new Map<string, Kept>();

  /**
   * Adds a source to a program as the compiler's own `parse` does, with the same imports in the
   * same order.
   *
   * @param parse parses the source into the program, where it was not parsed before
   */
  add(program: LibraryProgram, path: string, text: string, parse: () => void): void {
    const kept = this.#kept.get(path);
    if (kept !== undefined && kept.text === text) {
      addKept(program, kept);
      return;
    }
    const before = program.sources.length;
    const faults = program.diagnostics.length;
    parse();
    const source = program.sources[before];
    if (source !== undefined && program.diagnostics.length === faults) this.#kept.set(path, { text, source });
  }

  /** Forgets all sources. */
  forget(): void {
    this.#kept.clear();
  }
}

interface Kept {
  text: string;
  source: LibrarySource;
}

/** The parts of the compiler's program that parsing fills. */
export interface LibraryProgram {
  sources: LibrarySource[];
  diagnostics: unknown[];
  parser: {
    backlog: string[];
    seenlog: Set<string>;
    donelog: Set<string>;
    dependees: Map<string, { source: unknown; reportNode: unknown }>;
  };
}

export interface LibrarySource {
  internalPath: string;
  debugInfoIndex: number;
  /** Imports and exports have an `internalPath` where they are from another source. */
  statements: Array<{ internalPath?: string | null; members?: unknown[] | null; path?: unknown }>;
}

/** Repeats what the compiler's parser notes about a source and its imports. */
function addKept({ parser, sources }: LibraryProgram, { source }: Kept): void {
  const { backlog, seenlog, donelog, dependees } = parser;
  if (donelog.has(source.internalPath)) return;
  donelog.add(source.internalPath);
  seenlog.add(source.internalPath);
  sources.push(source);
  for (const { internalPath: wanted, members, path } of source.statements) {
    if (wanted == null || seenlog.has(wanted)) continue;
    dependees.set(wanted, { source, reportNode: path });
    backlog.push(wanted);
    // The parser does so for `export { … } from` alone.
    if (members != null) seenlog.add(wanted);
  }
}
