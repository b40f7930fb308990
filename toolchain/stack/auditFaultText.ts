import { join } from 'node:path';
import type { AuditProblem } from '../../daemons/audit/auditChain.ts';
import { AUDIT_FILE } from '../../daemons/audit/auditFiles.ts';
import type { AuditFault } from '../../daemons/audit/verifyAudit.ts';

const MEANING: Record<AuditProblem, string> = {
  not_json: 'the line is no record: it was changed after it was written, or the disk damaged it',
  chain_broken: 'it does not hold the hash of the line before: one of the two was changed, dropped or slipped in',
  seq_broken: 'its number does not follow that of the line before: a record was dropped, slipped in or repeated',
  unfinished_line: 'the file ends within a line, and another file follows it',
};

/**
 * Leaves out the last line of the file being written: a crash cuts it, and the next start drops it.
 */
export function auditFaults(faults: readonly AuditFault[]): AuditFault[] {
  return faults.filter(({ file, problem }) => problem !== 'unfinished_line' || file !== AUDIT_FILE);
}

/** Says where the audit log in `dir` is broken, what that means, and what to do. */
export function auditFaultText(dir: string, fault: AuditFault): { what: string; next: string } {
  const { file, line, seq, problem } = fault;
  const where = `${join(dir, file)}${line === null ? '' : `, line ${line}`}, record ${seq}`;
  return {
    what: `the audit log is broken at ${where}: ${MEANING[problem]}. Records before it still prove themselves.`,
    next: `Compare with a copy that was kept elsewhere. To begin a new chain, stop the stack and move ${join(dir, 'audit*.jsonl')} away.`,
  };
}
