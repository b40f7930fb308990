import type { Run } from '../../daemons/wire/tenantApi.ts';
import { connectTarget } from '../../toolchain/deploy/connectTarget.ts';
import { openLocalRuns } from '../../toolchain/deploy/localRuns.ts';
import { isCloud, refuseLocalCell, resolveProvider } from '../../toolchain/deploy/resolveProvider.ts';
import { runsOfProvider } from '../../toolchain/deploy/runsOfProvider.ts';
import { countOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { countText } from '../countText.ts';
import { programRootOf } from '../programRootOf.ts';
import { durationText, errorText, stateText } from '../runLines.ts';
import { table } from '../table.ts';
import { timeText } from '../timeText.ts';

/** Runs in one answer of the scheduler at most (docs/reference/api.md). */
const ROWS_MAX = 1000;

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { provider: string; cell?: string; limit: string },
): Promise<void> {
  const limit = countOption('--limit', given.limit, ROWS_MAX, 1);
  const runs = await listed({ cwd, out, signal }, given, limit);
  out.result(runs, (paint) =>
    runs.length === 0
      ? ['no runs yet']
      : table(
          [
            ['RUN', 'TASKLET', 'STATE', 'FUEL', 'DURATION', 'CREATED'],
            ...runs.map(({ run_id, tasklet, state, response, created_at }) => [
              run_id,
              tasklet,
              stateText(state, paint) + (state === 'failed' && response !== null ? `: ${errorText(response)}` : ''),
              response === null ? '' : countText(response.fuel_used),
              response === null ? '' : durationText(response.duration_us),
              timeText(created_at),
            ]),
          ],
          [3, 4],
        ),
  );
}

async function listed(
  { cwd, out, signal }: CommandContext,
  { provider, cell }: { provider: string; cell?: string },
  limit: number,
): Promise<Run[]> {
  const root = programRootOf(cwd);
  if (isCloud(provider) && cell === undefined) {
    const { runs, silent } = await runsOfProvider(root, provider, limit, signal);
    for (const { name, error } of silent) out.warn(`The runs of cell ${name} are missing: ${error.message}`);
    return runs;
  }
  if (provider !== 'local') {
    using client = await connectTarget(await resolveProvider(root, provider, cell), signal);
    return await client.listRuns({ limit }, { signal });
  }
  refuseLocalCell(cell);
  using local = await openLocalRuns(root, signal);
  if (local.isStopped) out.note('the stack is stopped; these are the runs it had');
  return await local.client.listRuns({ limit }, { signal });
}
