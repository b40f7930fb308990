import { readSmallFile } from '../../base/files/readSmallFile.ts';
import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import { QUOTA_RUNS_MAX, type Quota } from '../../daemons/wire/tenantApi.ts';
import { formatSize } from '../../program/size.ts';
import { fileError, fileFault } from '../../toolchain/files/fileError.ts';
import { PEM_BYTES_MAX } from '../../toolchain/trust/readPem.ts';
import { countOption, sizeOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { connectAdmin, type DirectOptions } from '../direct.ts';
import { table } from '../table.ts';
import { timeText } from '../text.ts';

export async function promote({ cwd, out, signal }: CommandContext, given: DirectOptions): Promise<void> {
  using client = await connectAdmin(cwd, given, signal);
  const health = await client.promote({ signal });
  out.result(health, (paint) => [
    `${paint('green', health.role)}  cell ${health.cell?.cell_id ?? 'not connected yet'}`,
  ]);
}

export async function createTenant(
  { cwd, out, signal }: CommandContext,
  given: DirectOptions & { name: string; tenantCert: string },
): Promise<void> {
  const certificate_pem = await readCertificate(given.tenantCert);
  using client = await connectAdmin(cwd, given, signal);
  const tenant = await client.createTenant(given.name, certificate_pem, { signal });
  out.result(tenant, (paint) => [`${paint('green', 'created')}  ${tenant.name}, key ${tenant.key_sha256}`]);
}

async function readCertificate(file: string): Promise<string> {
  const what = "The tenant's certificate cannot be read";
  try {
    return (await readSmallFile(file, PEM_BYTES_MAX)).toString('utf8');
  } catch (error) {
    const fault = fileError(error, what, true);
    if (fault instanceof GrafosError) throw fault;
    throw new GrafosError('trust_unreadable', `${what} (${file}).`, {
      kind: 'usage',
      why: fileFault(error),
      next: 'Give the certificate in PEM: --tenant-cert tenant.pem',
      cause: error,
    });
  }
}

export async function listTenants({ cwd, out, signal }: CommandContext, given: DirectOptions): Promise<void> {
  using client = await connectAdmin(cwd, given, signal);
  const tenants = await client.tenants({ signal });
  out.result(tenants, () =>
    tenants.length === 0
      ? ['no tenants']
      : table(
          [
            ['TENANT', 'RUNS', 'SOFT', 'HARD', 'BURST/MIN', 'MEMORY', 'KEY'],
            ...tenants.map(({ name, runs_active, quota, key_sha256 }) => [
              name,
              String(runs_active),
              String(quota.runs_soft),
              String(quota.runs_hard),
              String(quota.burst_per_minute),
              formatSize(quota.mem_bytes),
              key_sha256.slice(0, 16),
            ]),
          ],
          [1, 2, 3, 4],
        ),
  );
}

interface QuotaGiven extends DirectOptions {
  tenant: string;
  runsSoft?: string;
  runsHard?: string;
  burstPerMinute?: string;
  mem?: string;
}

export async function setQuota({ cwd, out, signal }: CommandContext, given: QuotaGiven): Promise<void> {
  const change: Partial<Quota> = {
    ...(given.runsSoft === undefined ? {} : { runs_soft: countOption('--runs-soft', given.runsSoft, QUOTA_RUNS_MAX) }),
    ...(given.runsHard === undefined ? {} : { runs_hard: countOption('--runs-hard', given.runsHard, QUOTA_RUNS_MAX) }),
    ...(given.burstPerMinute === undefined
      ? {}
      : { burst_per_minute: countOption('--burst-per-minute', given.burstPerMinute, QUOTA_RUNS_MAX) }),
    ...(given.mem === undefined ? {} : { mem_bytes: sizeOption('--mem', given.mem) }),
  };
  if (Object.keys(change).length === 0) {
    throw new GrafosError('wrong_usage', 'No quota was given.', {
      next: 'Give --runs-soft, --runs-hard, --burst-per-minute or --mem.',
    });
  }
  using client = await connectAdmin(cwd, given, signal);
  const quota = await client.setQuota(
    given.tenant,
    { ...(await client.getQuota(given.tenant, { signal })), ...change },
    { signal },
  );
  const { runs_soft, runs_hard, burst_per_minute, mem_bytes } = quota;
  out.result(quota, () => [
    `${given.tenant}: ${runs_soft} runs, ${runs_hard} at most, ${burst_per_minute} a minute above; ${formatSize(mem_bytes)} of fabric memory`,
  ]);
}

export async function deleteTenant(
  { cwd, out, signal }: CommandContext,
  given: DirectOptions & { tenant: string },
): Promise<void> {
  using client = await connectAdmin(cwd, given, signal);
  await client.deleteTenant(given.tenant, { signal });
  out.result({ deleted: given.tenant }, () => [`deleted  ${given.tenant}`]);
}

interface AuditGiven extends DirectOptions {
  limit: string;
  actor?: string;
  reason?: string;
  verify?: boolean;
}

export async function auditQuery({ cwd, out, signal }: CommandContext, given: AuditGiven): Promise<number> {
  const limit = countOption('--limit', given.limit, 10_000, 1);
  if (given.verify && (given.actor !== undefined || given.reason !== undefined)) {
    throw new GrafosError('wrong_usage', '--verify takes all records, so no filter goes with it.', {
      next: 'Leave --actor and --reason out.',
    });
  }
  using client = await connectAdmin(cwd, given, signal);
  if (given.verify) return await verify(client, { out, signal });
  const { value: records } = await client.audit(
    {
      limit,
      ...(given.actor === undefined ? {} : { actor: given.actor }),
      ...(given.reason === undefined ? {} : { reason: given.reason }),
    },
    { signal },
  );
  out.result(records, (paint) =>
    records.length === 0
      ? ['no records']
      : table(
          [
            ['SEQ', 'AT', 'ACTOR', 'ACTION', 'DECISION', 'REASON', 'SUBJECT'],
            ...records.map(({ seq, at, actor, action, decision, reason, subject }) => [
              String(seq),
              timeText(at),
              actor ?? '-',
              action,
              decision === 'refused' ? paint('red', decision) : decision,
              reason,
              subject ?? '',
            ]),
          ],
          [0],
        ),
  );
  return 0;
}

async function verify(client: SchedulerClient, { out, signal }: Pick<CommandContext, 'out' | 'signal'>) {
  const { verifyAuditApi } = await import('../../toolchain/audit/verifyAuditApi.ts');
  out.progress('following the chain');
  const verdict = await verifyAuditApi(client, signal);
  const { ok, records, first_seq, last_seq, last_sha256, faults } = verdict;
  out.result(verdict, (paint) => [
    ok
      ? `${paint('green', 'whole')}  ${records} records, ${first_seq ?? '-'} to ${last_seq ?? '-'}, each linked to the one before`
      : `${paint('red', 'broken')}  at record ${faults[0]?.seq}: it does not follow the record before; one of the two was changed, dropped or slipped in`,
    ...faults.map(({ seq, problem }) => `  record ${seq}  ${problem}`),
    `  last  ${last_sha256 ?? '-'} (note it: records cut off at the end show only against a note)`,
    ...(ok ? [] : ['  next: compare with a copy that was kept elsewhere']),
  ]);
  return ok ? 0 : 1;
}
