import { closeSync, fstatSync, readSync } from 'node:fs';
import { createYield } from '../../base/bulkTurns.ts';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { AuditChain, type AuditProblem, type ChainEnd } from './auditChain.ts';
import { auditFiles } from './auditFiles.ts';

export interface AuditFault {
  file: string;
  /** Counted from 1; null where only the ends of the file were read. */
  line: number | null;
  /** Number of the record, as the chain counts it. */
  seq: number;
  problem: AuditProblem;
}

export interface AuditReport {
  /** Records that were looked at. */
  records: number;
  last: ChainEnd | null;
  /** In the order of the records, {@link FAULTS_MOST} at most. */
  faults: AuditFault[];
}

const FAULTS_MOST = 100;

/**
 * Bytes of each end of a file that {@link verifyAuditEnds} reads; more than one record can have.
 */
const END_BYTES = 64 * 1024;

/** Bytes of a file that are read at most. The log sets files aside at a quarter of it. */
const FILE_BYTES = 64 * 1024 * 1024;

/** A log that is being written may set its file aside while it is read. */
const TRIES = 4;

/**
 * Follows the whole chain in the folder `dir`.
 *
 * The first record kept must be number 1, or come after files that rotation dropped. Lines cut from
 * the very end leave a whole, shorter chain: compare `last` with a record seen earlier to find that
 * out.
 *
 * @returns no records when there is no log
 * @throws {GrafosError} state_unsafe
 */
export async function verifyAudit(dir: string): Promise<AuditReport> {
  return verify(dir, wholeFile);
}

/**
 * Follows the chain at the ends of each file: from one file to the next, and through the last 64
 * KiB of each. It takes some milliseconds, however long the log is.
 *
 * @returns no records when there is no log
 * @throws {GrafosError} state_unsafe
 */
export async function verifyAuditEnds(dir: string): Promise<AuditReport> {
  return verify(dir, async (folder, file) => ends(folder, file));
}

interface Lines {
  /** Lines from the beginning of the file. */
  head: string[];
  /** Lines up to its end, behind a part that was not read; null when `head` is the whole file. */
  tail: string[] | null;
  unfinished: boolean;
}

async function verify(dir: string, read: (folder: StateFolder, file: string) => Promise<Lines>): Promise<AuditReport> {
  for (let tries = 1; ; tries += 1) {
    const folder = StateFolder.findAt(dir);
    if (folder === undefined) return { records: 0, last: null, faults: [] };
    const files = auditFiles(folder);
    const report = await follow(folder, files, read);
    const isSame = auditFiles(folder).join() === files.join();
    if (report.faults.length === 0 || isSame || tries === TRIES) return report;
  }
}

async function follow(
  folder: StateFolder,
  files: string[],
  read: (folder: StateFolder, file: string) => Promise<Lines>,
): Promise<AuditReport> {
  const chain = new AuditChain();
  const faults: AuditFault[] = [];
  const yieldAfter = createYield();
  let records = 0;
  for (const file of files) {
    const { head, tail, unfinished } = await read(folder, file);
    let line = 0;
    const fault = (problem: AuditProblem, at: number | null, seq = chain.end?.seq ?? 0) => {
      if (faults.length < FAULTS_MOST) faults.push({ file, line: at, seq, problem });
    };
    for (const text of head) {
      line += 1;
      records += 1;
      // Rotation keeps at least one older file, so a chain without any begins at its beginning.
      for (const problem of chain.follow(text, files.length === 1)) fault(problem, line);
      await yieldAfter(text.length);
    }
    const [first, ...rest] = tail ?? [];
    if (first !== undefined) chain.begin(first);
    for (const text of rest) {
      records += 1;
      for (const problem of chain.follow(text)) fault(problem, null);
    }
    if (unfinished) fault('unfinished_line', tail === null ? line + 1 : null, (chain.end?.seq ?? 0) + 1);
  }
  return { records, last: chain.end ?? null, faults };
}

async function wholeFile(folder: StateFolder, file: string): Promise<Lines> {
  const text = folder.read(file, FILE_BYTES)?.toString('utf8') ?? '';
  const lines = text.split('\n');
  return { tail: null, unfinished: lines.pop() !== '', head: lines };
}

function ends(folder: StateFolder, file: string): Lines {
  const fd = folder.openRead(file);
  if (fd === undefined) return { head: [], tail: null, unfinished: false };
  try {
    const { size } = fstatSync(fd);
    const start = Math.max(0, size - END_BYTES);
    const lines = part(fd, start, size - start).split('\n');
    const unfinished = lines.pop() !== '';
    if (start === 0) return { head: lines, tail: null, unfinished };
    const [first = ''] = part(fd, 0, END_BYTES).split('\n');
    // The first line of the tail was cut.
    return { head: [first], tail: lines.slice(1), unfinished };
  } finally {
    closeSync(fd);
  }
}

function part(fd: number, at: number, bytes: number): string {
  const buffer = Buffer.alloc(bytes);
  return buffer.toString('utf8', 0, readSync(fd, buffer, 0, bytes, at));
}
