/**
 * The audit log: JSON Lines. Each record has the SHA-256 of the line before, so {@link verifyAudit}
 * finds a record that was changed, dropped or inserted. Format and guarantees:
 * docs/internals/security.md.
 *
 * The records of one turn of the event loop are written at once at the end of that turn. A refusal
 * is on its way to the disk before its answer is.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { StateFolder } from '../../../base/files/stateFolder.ts';
import { AUDIT_FILE, auditFiles, FIRST_PREV, rotatedName } from '../../audit/auditFiles.ts';
import type { AuditRecord } from '../../wire/tenantApi.ts';

export type AuditEntry = Omit<AuditRecord, 'seq' | 'at' | 'prev_sha256'>;

export interface AuditLog {
  /**
   * Appends a record. An act that cannot be recorded must not be done.
   *
   * @throws {RefusedError} once {@link MAX_PENDING} characters could not be written
   */
  append(entry: AuditEntry): void;
  /**
   * Writes the records that are still in memory. After an error of the file system, which it
   * throws, they are kept for the next try.
   */
  flush(): void;
  close(): void;
}

export interface AuditOptions {
  /** A file larger than this is set aside, bytes. */
  maxBytes?: number;
  /** Number of rotated files that are kept. The oldest are removed first. */
  keep?: number;
  /** Called when a write at the end of a turn failed, where no caller can catch it. */
  onError: (error: unknown) => void;
}

const DEFAULTS = { maxBytes: 16 * 1024 * 1024, keep: 8 };

const MAX_PENDING = 1024 * 1024;

/** More than one record can hold, so that the last line is always inside the last chunk read. */
const TAIL_BYTES = 64 * 1024;

/** @throws {GrafosError} state_unsafe */
export function openAuditLog(dir: string, options: AuditOptions): AuditLog {
  const { maxBytes, keep } = { ...DEFAULTS, ...options };
  const folder = StateFolder.at(dir);
  let fd = folder.openAppend(AUDIT_FILE);
  const recovered = recover(fd, folder);
  let { size, seq, prev } = recovered;
  let pending = '';
  let scheduled = false;

  const rotate = (): void => {
    closeSync(fd);
    folder.rename(AUDIT_FILE, rotatedName(seq));
    fd = folder.openAppend(AUDIT_FILE);
    size = 0;
    for (const old of auditFiles(folder).slice(0, -1 - keep)) folder.remove(old);
  };

  const flush = (): void => {
    if (pending === '') return;
    const bytes = Buffer.from(pending);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(fd, bytes, written);
    } catch (error) {
      // Half a batch on a full disk would be a torn line. It is taken back, and all of the batch is
      // kept for the next try.
      ftruncateSync(fd, size);
      throw error;
    }
    pending = '';
    size += bytes.length;
    if (size > maxBytes) rotate();
  };

  const append = (entry: AuditEntry): void => {
    if (pending.length > MAX_PENDING) flush();
    seq += 1;
    const record: AuditRecord = {
      seq,
      at: new Date().toISOString(),
      actor: entry.actor,
      peer: entry.peer,
      action: entry.action,
      decision: entry.decision,
      reason: entry.reason,
      subject: entry.subject,
      prev_sha256: prev,
    };
    const line = JSON.stringify(record);
    prev = createHash('sha256').update(line).digest('hex');
    pending += `${line}\n`;
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      try {
        flush();
      } catch (error) {
        options.onError(error);
      }
    });
  };

  if (recovered.torn > 0) {
    append({
      actor: null,
      peer: null,
      action: 'audit.recover',
      decision: 'allowed',
      reason: 'ok',
      subject: `dropped ${recovered.torn} bytes of a line that was never finished`,
    });
  }

  return {
    append,
    flush,
    close: () => {
      flush();
      closeSync(fd);
    },
  };
}

/**
 * Finds the end of the chain. A last line without its newline was cut off by a crash. It was never
 * whole, so it is dropped.
 */
function recover(fd: number, folder: StateFolder): { size: number; seq: number; prev: string; torn: number } {
  const total = fstatSync(fd).size;
  const { text, end } = lastLine(fd, total);
  if (end < total) ftruncateSync(fd, end);
  const torn = total - end;
  if (text !== null) return { size: end, torn, ...link(text) };
  // Nothing in this file yet: it goes on where the newest of those set aside ended.
  const before = auditFiles(folder).at(-2);
  const older = before === undefined ? undefined : folder.openRead(before);
  if (older === undefined) return { size: end, torn, seq: 0, prev: FIRST_PREV };
  try {
    const last = lastLine(older, fstatSync(older).size);
    return { size: end, torn, ...(last.text === null ? { seq: 0, prev: FIRST_PREV } : link(last.text)) };
  } finally {
    closeSync(older);
  }
}

function link(line: string): { seq: number; prev: string } {
  let seq = 0;
  try {
    const record: { seq?: unknown } = JSON.parse(line);
    if (typeof record.seq === 'number') seq = record.seq;
  } catch {
    // A whole line that is not JSON was tampered with. The chain goes on from its bytes, and
    // verifyAudit reports it.
  }
  return { seq, prev: createHash('sha256').update(line).digest('hex') };
}

/** The last whole line, and the offset just behind its newline. */
function lastLine(fd: number, size: number): { text: string | null; end: number } {
  const start = Math.max(0, size - TAIL_BYTES);
  const chunk = Buffer.alloc(size - start);
  readSync(fd, chunk, 0, chunk.length, start);
  const newline = chunk.lastIndexOf(0x0a);
  if (newline < 0) return { text: null, end: start };
  const before = newline === 0 ? -1 : chunk.lastIndexOf(0x0a, newline - 1);
  return { text: chunk.toString('utf8', before + 1, newline), end: start + newline + 1 };
}
