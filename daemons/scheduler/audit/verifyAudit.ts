import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditFiles, FIRST_PREV } from './auditFiles.ts';

export interface AuditFault {
  file: string;
  /** Counted from 1. */
  line: number;
  problem: 'not_json' | 'chain_broken' | 'seq_broken' | 'unfinished_line';
}

/**
 * Walks the whole chain in `dir`. The first record kept must be number 1, or stand behind files that were dropped by rotation;
 * from there on every record must follow its predecessor. Lines cut from the very end leave a whole, shorter chain: compare `last`
 * with a record seen earlier, through `GET /api/v1/admin/audit`, to find that out.
 */
export function verifyAudit(dir: string): {
  records: number;
  last: { seq: number; sha256: string } | null;
  faults: AuditFault[];
} {
  const faults: AuditFault[] = [];
  let records = 0;
  let seq: number | undefined;
  let sha256: string | undefined;
  const files = auditFiles(dir);
  for (const file of files) {
    const lines = readFileSync(join(dir, file), 'utf8').split('\n');
    if (lines.pop() !== '') faults.push({ file, line: lines.length + 1, problem: 'unfinished_line' });
    for (const [index, text] of lines.entries()) {
      const at = { file, line: index + 1 };
      records += 1;
      const found = parse(text);
      if (found === null) faults.push({ ...at, problem: 'not_json' });
      else {
        const first = sha256 === undefined;
        // Rotation leaves at least one file set aside, so a chain without any begins at its beginning.
        const isBeginning = found.seq === 1 || files.length === 1;
        const expected = first ? (isBeginning ? FIRST_PREV : found.prev_sha256) : sha256;
        if (found.prev_sha256 !== expected) faults.push({ ...at, problem: 'chain_broken' });
        if (!first && found.seq !== (seq ?? 0) + 1) faults.push({ ...at, problem: 'seq_broken' });
      }
      seq = found?.seq ?? (seq ?? 0) + 1;
      sha256 = createHash('sha256').update(text).digest('hex');
    }
  }
  return { records, last: seq === undefined || sha256 === undefined ? null : { seq, sha256 }, faults };
}

function parse(text: string): { seq: number; prev_sha256: string } | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { seq, prev_sha256 } = value as Record<string, unknown>;
    return typeof seq === 'number' && typeof prev_sha256 === 'string' ? { seq, prev_sha256 } : null;
  } catch {
    return null;
  }
}
