import type { Run } from '../../daemons/wire/tenantApi.ts';
import { connectTarget } from '../../toolchain/deploy/connectTarget.ts';
import { findRun } from '../../toolchain/deploy/findRun.ts';
import { followRun } from '../../toolchain/deploy/followRun.ts';
import { openLocalRuns } from '../../toolchain/deploy/localRuns.ts';
import { logSoFar } from '../../toolchain/deploy/logSoFar.ts';
import { notEnded } from '../../toolchain/deploy/notEnded.ts';
import { isCloud, refuseLocalCell, resolveProvider } from '../../toolchain/deploy/resolveProvider.ts';
import { runsOfProvider } from '../../toolchain/deploy/runsOfProvider.ts';
import { countOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { OUTPUT_FAULT, outputFile } from '../outputFile.ts';
import { programRootOf } from '../programRootOf.ts';
import { errorText, runExitCode, stateText } from '../runLines.ts';
import { table } from '../table.ts';
import { countText, durationText, timeText } from '../text.ts';
import { createWholeLines } from '../wholeLines.ts';

/** Runs in one answer of the scheduler at most (docs/reference/api.md). */
const ROWS_MAX = 1000;

export async function list(
  { cwd, out, signal }: CommandContext,
  given: { provider: string; cell?: string; limit: string },
): Promise<void> {
  const limit = countOption('--limit', given.limit, ROWS_MAX, 1);
  const { runs, tenant } = await listed({ cwd, out, signal }, given, limit);
  out.result(runs, (paint) =>
    runs.length === 0
      ? [`no runs yet${tenant === undefined ? '' : ` of the tenant ${tenant}`}`]
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
): Promise<{ runs: Run[]; tenant?: string | undefined }> {
  const root = programRootOf(cwd);
  if (isCloud(provider) && cell === undefined) {
    const { runs, silent } = await runsOfProvider(root, provider, limit, signal);
    for (const { name, error } of silent) out.warn(`The runs of cell ${name} are missing: ${error.message}`);
    return { runs };
  }
  if (provider !== 'local') {
    const target = await resolveProvider(root, provider, cell);
    using client = await connectTarget(target, signal);
    return { runs: await client.listRuns({ limit }, { signal }), tenant: target.tenant };
  }
  refuseLocalCell(cell);
  using local = await openLocalRuns(root, signal);
  if (local.isStopped) out.note('the stack is stopped; these are the runs it had');
  return { runs: await local.client.listRuns({ limit }, { signal }), tenant: local.tenant };
}

export async function show(
  context: CommandContext,
  given: { runId: string; provider?: string; cell?: string; output?: string },
): Promise<void> {
  const { hasEnded, shownRun } = await import('../shownRun.ts');
  const { cwd, out, signal } = context;
  const output = outputFile(cwd, '--output', given.output, OUTPUT_FAULT);
  const root = programRootOf(cwd);
  const found = await findRun(root, given.runId, given, signal);
  using client = found.client;
  const { run } = found;
  if (!hasEnded(run)) {
    if (output !== undefined) throw notEnded(given.runId);
    const { run_id, tasklet, state, cell_id, created_at } = run;
    out.result(run, (paint) => [
      `${stateText(state, paint)}  ${run_id}  ${tasklet} ${paint('dim', `on ${cell_id}, since ${timeText(created_at)}`)}`,
    ]);
    return;
  }
  const { response, lines } = await shownRun(context, client, run, { root, output });
  out.result({ ...run, response }, lines);
}

export async function logs(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string; cell?: string; follow?: boolean },
): Promise<void> {
  const found = await findRun(programRootOf(cwd), given.runId, given, signal);
  using client = found.client;
  const run_id = given.runId;
  if (given.follow) {
    const lines = createWholeLines((line) => out.item({ line }, () => [line]));
    await followRun(client, run_id, { signal, log: lines.add });
    lines.end();
    return;
  }
  const lines: string[] = [];
  const log = createWholeLines((line) => lines.push(line));
  log.add(await logSoFar(client, found.run, signal));
  log.end();
  out.result({ run_id, lines }, () => lines);
}

export async function wait(
  context: CommandContext,
  given: { runId: string; provider?: string; cell?: string; output?: string },
): Promise<number> {
  const { hasEnded, shownRun } = await import('../shownRun.ts');
  const { cwd, out, signal } = context;
  const output = outputFile(cwd, '--output', given.output, OUTPUT_FAULT);
  const root = programRootOf(cwd);
  const found = await findRun(root, given.runId, given, signal);
  using client = found.client;
  const log = createWholeLines((line) => out.note(line));
  const run = found.run.ended_at === null ? await followRun(client, given.runId, { signal, log: log.add }) : found.run;
  log.end();
  if (!hasEnded(run)) throw new Error('an ended run has a response');
  const { response, lines } = await shownRun(context, client, run, { root, output });
  out.result({ ...run, response }, lines);
  return runExitCode(run);
}

/**
 * Time that the cell may take to stop it before the answer says that it is still running,
 * milliseconds.
 */
const WAIT_MS = 2_000;

export async function cancel(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string; cell?: string },
): Promise<void> {
  const found = await findRun(programRootOf(cwd), given.runId, given, signal);
  using client = found.client;
  const cancelled = await client.cancel(given.runId, { signal, waitMs: WAIT_MS });
  out.result(cancelled, (paint) =>
    found.run.ended_at === null
      ? [
          `${stateText(cancelled.state, paint)}  ${cancelled.run_id}${cancelled.ended_at === null ? ', being cancelled' : ''}`,
        ]
      : [`run ${cancelled.run_id} had already ended: ${stateText(cancelled.state, paint)}`],
  );
}
