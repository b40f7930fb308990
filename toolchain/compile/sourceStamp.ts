import { createHash } from 'node:crypto';
import { PROGRAM_LIMITS } from '../../program/programLimits.ts';
import { type ModuleSection, readSections } from './wasmSections.ts';

/** The facts about its making that a built module holds (docs/adr/0005-staleness-by-content.md). */
export interface SourceStamp {
  /** SHA-256 over the tool and the sources, base64url. */
  digest: string;
  /**
   * The tools that built it, and the features they could use, as `grafos-build@2
   * assemblyscript@0.28.20 grafos-std@0123456789ab features@bulk-memory+simd`.
   */
  tool: string;
  /** The program's files it was made from, relative with `/`, sorted. */
  files: string[];
}

export interface SourceFile {
  /** Relative to the program with `/`. */
  path: string;
  content: Uint8Array;
}

export const STAMP_SECTION = 'grafos.source';

export function makeStamp(tool: string, files: readonly SourceFile[]): SourceStamp {
  const sorted = [...files].sort((left, right) => (left.path < right.path ? -1 : 1));
  const digest = sourceDigest(tool);
  for (const file of sorted) digest.add(file);
  return { digest: digest.end(), tool, files: sorted.map(({ path }) => path) };
}

/**
 * The digest of a stamp, file by file in order of path. A check need not hold all sources at one
 * time.
 */
export function sourceDigest(tool: string): { add(file: SourceFile): void; end(): string } {
  const hash = createHash('sha256').update(`${tool}\0`);
  return {
    add: ({ path, content }) => {
      hash.update(`${path}\0${content.length}\0`).update(content);
    },
    end: () => hash.digest('base64url'),
  };
}

/** The stamp as the last section of a module. */
export function stampSection({ digest, tool, files }: SourceStamp): ModuleSection {
  return { id: 0, name: STAMP_SECTION, content: new TextEncoder().encode([digest, tool, ...files].join('\n')) };
}

/**
 * The stamp of a module. Null when it has none that this toolchain could have written: it was built
 * by other means.
 *
 * @throws {WasmInvalidError}
 */
export function readStamp(wasm: Uint8Array): SourceStamp | null {
  const section = readSections(wasm).find(({ name }) => name === STAMP_SECTION);
  if (section === undefined || section.content.length > PROGRAM_LIMITS.stamp) return null;
  const [digest, tool, ...files] = new TextDecoder().decode(section.content).split('\n');
  return digest === undefined || tool === undefined ? null : { digest, tool, files };
}
