import { countOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { connectAdmin, type DirectOptions } from '../direct.ts';
import { table } from '../table.ts';
import { timeText } from '../timeText.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: DirectOptions & { limit: string; actor?: string; reason?: string },
): Promise<void> {
  const limit = countOption('--limit', given.limit);
  using client = await connectAdmin(cwd, given, signal);
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
}
