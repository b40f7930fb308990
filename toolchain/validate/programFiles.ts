import type { Stats } from 'node:fs';
import { decodeText } from '../../program/decodeText.ts';
import { PROGRAM_LIMITS, type ProgramFileKind } from '../../program/programLimits.ts';
import { type FileRead, ProgramReader, type ReadFault } from '../../program/programReader.ts';

/**
 * The files of a program as validate sees them: the editor's unsaved text first, then the disk. It
 * never writes and never throws.
 */
export interface ProgramFiles {
  /** Text without a byte order mark. */
  text(path: string, kind: ProgramFileKind): TextRead;
  bytes(path: string, kind: ProgramFileKind): FileRead;
  /** Follows links inside the program. */
  look(path: string): { state: 'ok'; stat: Stats } | ReadFault;
  /** Names in a folder, sorted. */
  list(path: string): { state: 'ok'; names: string[] } | ReadFault;
  overlaid(path: string): boolean;
}

export type TextRead = { state: 'ok'; text: string } | { state: 'not-text' } | ReadFault;

/** @param overlay texts that stand in for files, by absolute path */
export function createProgramFiles(root: string, overlay: ReadonlyMap<string, string> | undefined): ProgramFiles {
  const reader = new ProgramReader(root);
  return {
    bytes: (path, kind) => reader.read(path, kind),
    text: (path, kind) => {
      const unsaved = overlay?.get(path);
      if (unsaved !== undefined) {
        const most = PROGRAM_LIMITS[kind];
        if (unsaved.length > most) return { state: 'too-large', size: unsaved.length, most };
        return { state: 'ok', text: unsaved.startsWith('\uFEFF') ? unsaved.slice(1) : unsaved };
      }
      const read = reader.read(path, kind);
      if (read.state !== 'ok') return read;
      const text = decodeText(read.bytes);
      return text === null ? { state: 'not-text' } : { state: 'ok', text };
    },
    look: (path) => reader.look(path),
    list: (path) => {
      const read = reader.list(path);
      return read.state === 'ok' ? { state: 'ok', names: read.entries.map(({ name }) => name) } : read;
    },
    overlaid: (path) => overlay?.has(path) ?? false,
  };
}
