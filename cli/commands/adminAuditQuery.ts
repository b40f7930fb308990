import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import { verifyAuditApi } from '../../toolchain/audit/verifyAuditApi.ts';
import { countOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { connectAdmin, type DirectOptions } from '../direct.ts';
import { table } from '../table.ts';
import { timeText } from '../timeText.ts';

interface Given extends DirectOptions {
  limit: string;
  actor?: string;
  reason?: string;
  verify?: boolean;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<number> {
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
