import { createHash } from 'node:crypto';
import type { AuditProblem } from '../../daemons/audit/auditChain.ts';
import { FIRST_PREV } from '../../daemons/audit/auditFiles.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { AuditRecord } from '../../daemons/wire/tenantApi.ts';

export interface AuditVerdict {
  ok: boolean;
  records: number;
  /** Numbers of the first and the last record that the scheduler has; null when it has none. */
  first_seq: number | null;
  last_seq: number | null;
  /** SHA-256 of the last record, to compare with one that was noted earlier. */
  last_sha256: string | null;
  /** In the order of the records, 100 at most. */
  faults: Array<{ seq: number; problem: AuditProblem }>;
}

/** Records of one request; the API gives no more. */
const PAGE = 10_000;
const FAULTS_MOST = 100;

/**
 * Fetches every record that a scheduler has and follows the chain here, from the newest to the
 * oldest.
 *
 * A line of the log is the record as JSON without blanks, so its hash can be computed from the
 * answer. Nothing depends on the scheduler's own word about its log.
 *
 * @throws {GrafosError} as the client
 */
export async function verifyAuditApi(client: SchedulerClient, signal: AbortSignal): Promise<AuditVerdict> {
  const verdict: AuditVerdict = {
    ok: true,
    records: 0,
    first_seq: null,
    last_seq: null,
    last_sha256: null,
    faults: [],
  };
  const fault = (seq: number, problem: AuditProblem) => {
    verdict.ok = false;
    verdict.faults.unshift({ seq, problem });
    verdict.faults.length = Math.min(verdict.faults.length, FAULTS_MOST);
  };
  let newer: AuditRecord | undefined;
  for (let before: number | undefined; ; ) {
    const filter = before === undefined ? { limit: PAGE } : { limit: PAGE, before };
    const { value: page } = await client.audit(filter, { signal });
    for (const record of page) {
      const sha256 = createHash('sha256').update(JSON.stringify(record)).digest('hex');
      if (newer === undefined) Object.assign(verdict, { last_seq: record.seq, last_sha256: sha256 });
      else if (newer.prev_sha256 !== sha256) fault(newer.seq, 'chain_broken');
      if (newer !== undefined && newer.seq !== record.seq + 1) fault(newer.seq, 'seq_broken');
      newer = record;
      verdict.records += 1;
    }
    // A page that leads no further back is the last one, whatever it holds.
    if (newer === undefined || page.length === 0 || newer.seq >= (before ?? Number.POSITIVE_INFINITY)) break;
    before = newer.seq;
    if (before <= 1) break;
  }
  verdict.first_seq = newer?.seq ?? null;
  if (newer?.seq === 1 && newer.prev_sha256 !== FIRST_PREV) fault(1, 'chain_broken');
  return verdict;
}
