/** Makes the errors of state that cannot be used. */
import { type BigIntStats, readlinkSync } from 'node:fs';
import { GrafosError } from '../grafosError.ts';

export function kindOf(path: string, stats: BigIntStats): string {
  if (stats.isSymbolicLink()) return `A link to ${linkTarget(path)}`;
  if (stats.isDirectory()) return 'A folder';
  if (stats.isFIFO()) return 'A pipe';
  if (stats.isSocket()) return 'A socket';
  if (stats.isFile()) return 'A file';
  return 'A device';
}

function linkTarget(path: string): string {
  try {
    return JSON.stringify(readlinkSync(path));
  } catch {
    return 'another place';
  }
}

export function ofOther(stats: BigIntStats): string {
  return `It belongs to another user (uid ${stats.uid}; this is uid ${process.geteuid?.()}).`;
}

export function unsafe(
  path: string,
  why: string,
  next = 'Find out who put it there, then move it away and run the command again; a new one is made.',
): GrafosError {
  return new GrafosError('state_unsafe', `${path} cannot be used for state.`, { why, next });
}

/** The error for an entry that its owner may not open. An archive can bring such a mode along. */
export function closedToOwner(path: string, stats: BigIntStats): GrafosError {
  const mode = (stats.mode & 0o777n).toString(8).padStart(3, '0');
  return unsafe(
    path,
    `Its mode ${mode} does not let this user open it.`,
    `Give it mode ${stats.isDirectory() ? '700' : '600'} with chmod, or move it away, and run the command again.`,
  );
}

export function noEntry(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file or directory, '${path}'`), { code: 'ENOENT', path });
}

/** An error of a write names no path by itself. */
export function naming(path: string, error: unknown): unknown {
  return error instanceof Error && 'code' in error && !('path' in error) ? Object.assign(error, { path }) : error;
}

export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
