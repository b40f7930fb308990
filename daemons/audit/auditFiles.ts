import type { StateFolder } from '../../base/files/stateFolder.ts';

/** The file being written. Files that are set aside lie beside it as `audit.<last seq>.jsonl`. */
export const AUDIT_FILE = 'audit.jsonl';

/** `prev_sha256` of the very first record. */
export const FIRST_PREV = '0'.repeat(64);

const ROTATED = /^audit\.(\d{12})\.jsonl$/;

export function rotatedName(lastSeq: number): string {
  return `audit.${String(lastSeq).padStart(12, '0')}.jsonl`;
}

/** The `seq` of the last record of a file that is set aside. */
export function lastSeqOf(name: string): number | undefined {
  const seq = ROTATED.exec(name)?.[1];
  return seq === undefined ? undefined : Number(seq);
}

/** Names in the order of their records, the one being written last. */
export function auditFiles(folder: StateFolder): string[] {
  const old = folder.names().filter((name) => ROTATED.test(name));
  return [...old.sort(), AUDIT_FILE];
}
