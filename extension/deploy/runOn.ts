import * as vscode from 'vscode';
import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { DeployRun } from '../../toolchain/deploy/deployRun.ts';
import { followRun } from '../../toolchain/deploy/followRun.ts';
import type { ProviderName } from '../../toolchain/deploy/resolveProvider.ts';
import type { CommandContext } from '../commands/command.ts';
import { notice } from '../dialogs/notice.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import type { RunJob } from '../panel/runJob.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { errorWord } from '../runs/errorWord.ts';
import type { RunEntry } from '../runs/runsModel.ts';
import { startStack } from '../stack/startStack.ts';
import { ensureBuilt } from '../tasklets/buildTasklets.ts';
import { durationText, runWord } from '../views/texts.ts';
import { type Answers, type InputChoice, keepAnswers } from './answers.ts';
import { inputText } from './pickInput.ts';
import { pickMemory } from './pickMemory.ts';

/** The longest wait for the end of a run that is cancelled, milliseconds. */
const CANCEL_MS = 2_000;

interface RunOn {
  session: ProgramSession;
  tasklet: Tasklet;
  provider: ProviderName;
  /** Name of the only cell that is wanted. */
  cell: string | undefined;
  /** Asks about the first deploy to a cell; false where the answer was no. */
  confirm: (cell: string | undefined) => Promise<boolean>;
  input: Uint8Array;
  /** The source of the input, where it is known. */
  choice: InputChoice | undefined;
  answers: Answers;
}

/**
 * Builds the tasklet if it is stale, runs it, and follows the run to its end. The Run panel shows
 * the progress; a notification shows it where another run is pinned there.
 */
export async function runOn(grafos: CommandContext, request: RunOn): Promise<void> {
  const { session, tasklet, provider, choice } = request;
  const { name } = tasklet;
  const job = await grafos.panel.begin(name, provider, choice === undefined ? '' : inputText(choice));
  try {
    if (job.isShown) return await runThrough(grafos, request, job);
    if (provider === 'local' && session.stack.state.kind !== 'running') await startStack(session);
    await withProgress(vscode.l10n.t('grafOS: running {0} on {1}', name, provider), (signal, report) =>
      runThrough(grafos, request, { signal, step: report }),
    );
  } finally {
    job.end();
  }
}

async function runThrough(grafos: CommandContext, request: RunOn, job: Pick<RunJob, 'signal' | 'step'>): Promise<void> {
  const { session, provider } = request;
  const { signal } = job;
  const { name } = request.tasklet;
  if (provider === 'local' && session.stack.state.kind !== 'running') await startStack(session, job);
  grafos.failures.clear(session, name);
  job.step(vscode.l10n.t('building'));
  const [connected, built] = await Promise.allSettled([
    provider === 'local' ? session.connect(provider) : undefined,
    ensureBuilt(session, name, grafos.context.extensionPath, signal),
  ]);
  using client = connected.status === 'fulfilled' ? connected.value : undefined;
  if (built.status === 'rejected') throw built.reason;
  if (connected.status === 'rejected') throw connected.reason;
  if (client !== undefined) {
    const { submitRun } = await import('../../toolchain/deploy/deployRun.ts');
    const begun = await submitRun(client, await jobAt(grafos, request, job, built.value, client));
    await followAt(grafos, request, job, begun, { client, cell: undefined });
    return;
  }
  const { deployToProvider } = await import('../../toolchain/deploy/deployToProvider.ts');
  const { cell, confirm } = request;
  const skipped = (full: string, { message }: GrafosError) =>
    grafos.log.warn(`cell ${full} of ${provider}: ${message}`);
  const { run, place } = await deployToProvider(session.root, { provider, cell, signal, skipped }, async (taken) => {
    if (!(await confirm(taken.target.cell))) throw new GrafosError('interrupted', 'Interrupted.');
    return await jobAt(grafos, request, job, built.value, taken.client);
  });
  using taken = place.client;
  await followAt(grafos, request, job, run, { client: taken, cell: place.target.cell });
}

/** The run of the built tasklet at one cell, as it is submitted there. */
async function jobAt(
  grafos: CommandContext,
  request: RunOn,
  { signal, step }: Pick<RunJob, 'signal' | 'step'>,
  built: Awaited<ReturnType<typeof ensureBuilt>>,
  client: SchedulerClient,
): Promise<DeployRun> {
  const { input } = request;
  // The manifest may have been edited since the tasklet was picked.
  const { program, tasklet, isBuilt: isModuleNew } = built;
  step(vscode.l10n.t('starting'));
  const memBytes = await memoryFor(grafos, { ...request, tasklet }, client, signal);
  return { program, tasklet, input, signal, memBytes, isModuleNew, detach: true };
}

/** Shows a run that was submitted to a cell, and follows it to its end. */
async function followAt(
  grafos: CommandContext,
  request: RunOn,
  { signal }: Pick<RunJob, 'signal'>,
  begun: Run,
  { client, cell }: { client: SchedulerClient; cell: string | undefined },
): Promise<void> {
  const { session, provider, choice } = request;
  const { name } = request.tasklet;
  const { placesOfRun } = await import('../../toolchain/places/placesOfRun.ts');
  if (choice !== undefined) await grafos.inputs.put(begun.run_id, choice);
  session.runs.put({ provider, cell }, begun);
  const entry = session.runs.find(begun.run_id) ?? { root: session.root, provider, cell, run: begun };
  await grafos.panel.started(session, entry);
  const ended = await followToEnd(client, begun, signal);
  session.runs.put({ provider, cell }, ended);
  grafos.failures.show(session, ended, await placesOfRun(session.root, ended, client, signal));
  grafos.panel.changed(entry);
  const error = ended.response?.error;
  grafos.log.info(`run ${ended.run_id} of ${name} on ${provider}: ${ended.state}${error ? ` (${error.code})` : ''}`);
  if (!grafos.panel.showsNow(ended.run_id)) noticeEnd(grafos, session, ended, entry);
}

/**
 * The fabric memory of the run, bytes. Where the cell has less than was asked for, the person
 * chooses again.
 */
async function memoryFor(
  grafos: CommandContext,
  { session, tasklet, answers }: RunOn,
  client: SchedulerClient,
  signal: AbortSignal,
): Promise<number> {
  const memBytes = answers.mem ?? tasklet.mem_bytes;
  if (memBytes === 0) return 0;
  const capacity = (await client.inventory({ signal })).cells[0]?.inventory.mem_capacity;
  if (capacity === undefined || memBytes <= capacity) return memBytes;
  const smaller = await pickMemory(tasklet, { value: memBytes, capacity });
  if (smaller === undefined) throw new GrafosError('interrupted', 'Interrupted.');
  await keepAnswers(grafos.context.workspaceState, session.root, tasklet.name, { ...answers, mem: smaller });
  return smaller;
}

/** Waits for the end of a run. An abort meanwhile cancels the run. */
async function followToEnd(client: SchedulerClient, run: Run, signal: AbortSignal): Promise<Run> {
  try {
    return await followRun(client, run.run_id, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    return client.cancel(run.run_id, { waitMs: CANCEL_MS, signal: AbortSignal.timeout(2 * CANCEL_MS) });
  }
}

/** Notifies of the end of a run that the panel does not show, with a button that opens it. */
function noticeEnd(
  grafos: CommandContext,
  session: ProgramSession,
  { tasklet, state, response }: Run,
  entry: RunEntry,
): void {
  const how = response?.error ? `${runWord(state)}: ${errorWord(response.error)}` : runWord(state);
  const duration = response === null ? '' : `, ${durationText(response.duration_us)}`;
  const show = vscode.l10n.t('Show Run');
  void notice('information', `${tasklet}: ${how}${duration}`, [show]).then((answer) => {
    if (answer === show) return grafos.panel.open(session, entry);
    return undefined;
  });
}
