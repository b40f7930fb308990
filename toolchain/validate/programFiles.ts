import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';

/** What validate reads the program through: the editor's unsaved text first, then the disk. Never writes, never throws. */
export interface ProgramFiles {
  /** Text without a byte order mark. */
  text(path: string, maxBytes: number): TextRead;
  bytes(path: string, maxBytes: number): BytesRead;
  /** Follows links; null when there is nothing there or it cannot be reached. */
  stat(path: string): Stats | null;
  /** Names in a folder, sorted; null when it cannot be listed. */
  list(path: string): string[] | null;
  overlaid(path: string): boolean;
}

export type ReadFault =
  | { state: 'missing' }
  | { state: 'not-a-file' }
  | { state: 'too-large'; size: number }
  | { state: 'unreadable'; why: string };
export type TextRead = { state: 'ok'; text: string } | { state: 'not-utf8' } | ReadFault;
export type BytesRead = { state: 'ok'; bytes: Uint8Array } | ReadFault;

export function programFiles(overlay: ReadonlyMap<string, string> | undefined): ProgramFiles {
  const bytes = (path: string, maxBytes: number): BytesRead => {
    try {
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) return { state: 'missing' };
      if (!stat.isFile()) return { state: 'not-a-file' };
      if (stat.size > maxBytes) return { state: 'too-large', size: stat.size };
      return { state: 'ok', bytes: readFileSync(path) };
    } catch (error) {
      return unreadable(error);
    }
  };
  return {
    bytes,
    text: (path, maxBytes) => {
      const unsaved = overlay?.get(path);
      if (unsaved !== undefined) {
        if (unsaved.length > maxBytes) return { state: 'too-large', size: unsaved.length };
        return { state: 'ok', text: unsaved.startsWith('\uFEFF') ? unsaved.slice(1) : unsaved };
      }
      const read = bytes(path, maxBytes);
      if (read.state !== 'ok') return read;
      try {
        // The decoder takes a byte order mark off.
        return { state: 'ok', text: new TextDecoder('utf-8', { fatal: true }).decode(read.bytes) };
      } catch {
        return { state: 'not-utf8' };
      }
    },
    stat: (path) => {
      try {
        return statSync(path, { throwIfNoEntry: false }) ?? null;
      } catch {
        return null;
      }
    },
    list: (path) => {
      try {
        return readdirSync(path).sort();
      } catch {
        return null;
      }
    },
    overlaid: (path) => overlay?.has(path) ?? false,
  };
}

function unreadable(error: unknown): ReadFault {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOTDIR') return { state: 'missing' };
  if (code === 'ELOOP') return { state: 'unreadable', why: 'its links lead back to themselves' };
  if (code === 'EACCES' || code === 'EPERM') return { state: 'unreadable', why: 'permission is denied' };
  return { state: 'unreadable', why: error instanceof Error ? error.message : String(error) };
}
