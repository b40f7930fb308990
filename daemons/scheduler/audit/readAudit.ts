import { StateFolder } from '../../../base/files/stateFolder.ts';
import { auditFiles, lastSeqOf } from '../../audit/auditFiles.ts';
import type { AuditRecord } from '../../wire/tenantApi.ts';

export interface AuditQuery {
  limit: number;
  actor?: string;
  action?: string;
  decision?: 'allowed' | 'refused';
  reason?: string;
  /** Only records before this one: the next page. */
  before?: number;
}

/** Newest first. Reads no more files than it needs; each is bounded by the log's rotation. */
export async function readAudit(dir: string, query: AuditQuery): Promise<AuditRecord[]> {
  const found: AuditRecord[] = [];
  const folder = StateFolder.at(dir);
  const files = auditFiles(folder);
  for (let at = files.length - 1; at >= 0; at -= 1) {
    // Every record of a file comes after the last one of the file before.
    const before = at === 0 ? undefined : lastSeqOf(files[at - 1] ?? '');
    if (query.before !== undefined && before !== undefined && before >= query.before - 1) continue;
    const lines = ((await folder.readWhole(files[at] ?? ''))?.toString('utf8') ?? '').split('\n');
    for (let index = lines.length - 1; index >= 0; index -= 1) {
      const record = parse(lines[index] ?? '');
      if (record === null || !matches(record, query)) continue;
      found.push(record);
      if (found.length >= query.limit) return found;
    }
  }
  return found;
}

function matches(record: AuditRecord, query: AuditQuery): boolean {
  return (
    (query.before === undefined || record.seq < query.before) &&
    (query.actor === undefined || record.actor === query.actor) &&
    (query.action === undefined || record.action === query.action) &&
    (query.decision === undefined || record.decision === query.decision) &&
    (query.reason === undefined || record.reason === query.reason)
  );
}

function parse(line: string): AuditRecord | null {
  if (line === '') return null;
  try {
    return JSON.parse(line);
  } catch {
    // A spoilt line is verifyAudit's to tell; the records around it are still worth showing.
    return null;
  }
}
