import { readdirSync } from 'node:fs';

/** The file being written. Those set aside stand beside it as `audit.<last seq>.jsonl`. */
export const AUDIT_FILE = 'audit.jsonl';

/** `prev_sha256` of the very first record. */
export const FIRST_PREV = '0'.repeat(64);

export function rotatedName(lastSeq: number): string {
  return `audit.${String(lastSeq).padStart(12, '0')}.jsonl`;
}

/** Names in the order of their records, the one being written last. */
export function auditFiles(dir: string): string[] {
  const old = readdirSync(dir).filter((name) => /^audit\.\d{12}\.jsonl$/.test(name));
  return [...old.sort(), AUDIT_FILE];
}
