import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import { submitOf, type TaskletLimits } from '../../daemons/tenant/submitOf.ts';
import type { Run, RunJob, RunSubmit } from '../../daemons/wire/tenantApi.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { PROGRAM_LIMITS } from '../../program/programLimits.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import { formatSize } from '../../program/size.ts';
import { followRun } from './followRun.ts';
import { logSoFar } from './logSoFar.ts';

/**
 * Time that the submit is held open for the end of the run, milliseconds. A longer run is followed
 * by its events.
 */
const WAIT_MS = 60_000;

/**
 * Time that the submit is held open where the log is followed, milliseconds. A run that ends sooner
 * needs no second request. The log of a longer run comes this late at most.
 */
const WAIT_BEFORE_LOG_MS = 1_000;

/** Time that an interrupted deploy waits for its run to be cancelled, milliseconds. */
const CANCEL_MS = 2_000;

export interface DeployRun {
  program: Program;
  tasklet: Pick<Tasklet, 'name' | 'output'> & TaskletLimits;
  /** Module that runs instead of the tasklet's built one. */
  module?: Uint8Array;
  /**
   * Send the module before the run is submitted. A module that was just built is in no scheduler,
   * and the refusal would cost a round trip.
   */
  isModuleNew?: boolean;
  input: Uint8Array;
  /** Fabric-memory lease, bytes; the manifest's unless given. */
  memBytes?: number;
  /**
   * Limits for this run alone; the manifest's unless given. The record has them, so a replay
   * repeats them.
   */
  limits?: Partial<Omit<TaskletLimits, 'mem_bytes'>>;
  /** Time that the lease outlives the run, milliseconds. */
  holdMs?: number;
  /** Return once the scheduler has the run on disk, without waiting for its end. */
  detach?: boolean;
  /** Gets the log in pieces as they come; a piece may end inside a line. */
  onLog?: (text: string) => void;
  /** Aborting cancels the run that was started. */
  signal: AbortSignal;
  /**
   * Seed, start, program and version of another run, to repeat it exactly: the tasklet can see them
   * all.
   */
  replay?: Pick<RunSubmit, 'seed' | 'start_unix_nanos' | 'program' | 'version'>;
}

/**
 * Runs a tasklet's built wasm, as it is on disk, on the cell behind `client`.
 *
 * @throws {GrafosError} cell_answer_invalid, not_built, module_too_large, a file error's code, the
 *   scheduler's refusal, or interrupted
 */
export async function deployRun(client: SchedulerClient, deploy: DeployRun): Promise<Run> {
  return followSubmitted(client, await submitRun(client, deploy), deploy);
}

/**
 * Submits a run, and returns it as it is once its scheduler has it. A short run has ended by then.
 * Once this returned the run is under way: no later error means that it was refused.
 *
 * @throws {GrafosError} those of {@link deployRun}
 */
export async function submitRun(client: SchedulerClient, deploy: DeployRun): Promise<Run> {
  const { program, tasklet, input, signal } = deploy;
  const module = deploy.module ?? (await readModuleFile(program, tasklet));
  const submit: RunJob = {
    ...submitOf(program, tasklet, module),
    input,
    ...(deploy.memBytes === undefined ? {} : { mem_bytes: deploy.memBytes }),
    ...deploy.limits,
    ...(deploy.holdMs === undefined ? {} : { hold_ms: deploy.holdMs }),
    ...deploy.replay,
  };
  // One key for all tries: however often the request is repeated, the tasklet runs once.
  const idempotencyKey = randomUUID();
  const waitMs = deploy.detach ? 0 : deploy.onLog === undefined ? WAIT_MS : WAIT_BEFORE_LOG_MS;
  const trySubmit = () => client.submit(submit, { idempotencyKey, waitMs, signal });

  try {
    if (deploy.isModuleNew) await client.putModule(submit.module_sha256, module, { signal });
    return await trySubmit().catch(async (error: unknown) => {
      // Most deploys find the module already there, so it is only sent when the scheduler says that
      // it is missing.
      if (!(error instanceof GrafosError && error.code === 'module_unknown')) throw error;
      await client.putModule(submit.module_sha256, module, { signal });
      return trySubmit();
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    // Asking again with the same key gives the run's id without a second run.
    const again = (until: AbortSignal) => client.submit(submit, { idempotencyKey, waitMs: 0, signal: until });
    throw new GrafosError('interrupted', await cancelStarted(client, again));
  }
}

/**
 * Follows a submitted run to its end, on the cell that took it. With `detach` it comes back as it
 * is.
 *
 * @throws {GrafosError} cell_answer_invalid, those of the tenant API, or interrupted
 */
export async function followSubmitted(
  client: SchedulerClient,
  run: Run,
  { signal, detach, onLog }: Pick<DeployRun, 'signal' | 'detach' | 'onLog'>,
): Promise<Run> {
  if (detach) return run;
  try {
    if (run.ended_at === null) return await followRun(client, run.run_id, { signal, ...(onLog && { log: onLog }) });
    onLog?.(await logSoFar(client, run, signal));
    return run;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new GrafosError('interrupted', await cancelStarted(client, async () => run));
  }
}

/**
 * Cancels the run that an aborted deploy started, or may have started.
 *
 * @param begun gives the run
 * @returns the state of the run
 */
async function cancelStarted(
  client: SchedulerClient,
  begun: (signal: AbortSignal) => Promise<Pick<Run, 'run_id'>>,
): Promise<string> {
  const signal = AbortSignal.timeout(2 * CANCEL_MS);
  let runId: string | undefined;
  try {
    runId = (await begun(signal)).run_id;
    const run = await client.cancel(runId, { signal, waitMs: CANCEL_MS });
    const became = run.state === 'cancelled' ? 'was' : run.ended_at === null ? 'is being' : undefined;
    return became === undefined
      ? `Interrupted; run ${runId} had ended before: ${run.state}.`
      : `Interrupted; run ${runId} ${became} cancelled.`;
  } catch (error) {
    if (error instanceof GrafosError && (error.kind === 'refused' || error.kind === 'usage'))
      return 'Interrupted; no run was started.';
    return `Interrupted; the scheduler did not say whether ${runId === undefined ? 'a run was started' : `run ${runId} was cancelled`}.`;
  }
}

/**
 * The module of a tasklet as it was built.
 *
 * @throws {GrafosError} not_built, module_too_large, or a file error's code
 */
export async function readModuleFile(program: Program, tasklet: Pick<Tasklet, 'name' | 'output'>): Promise<Uint8Array> {
  const read = await new ProgramReader(program.root).readSoon(join(program.root, tasklet.output), 'module');
  if (read.state === 'ok') return read.bytes;
  if (read.state === 'missing') {
    throw new GrafosError('not_built', `Tasklet ${tasklet.name} is not built: ${tasklet.output} is missing.`, {
      next: `Build it: grafos tasklet build ${tasklet.name}`,
    });
  }
  if (read.state === 'too-large') {
    throw new GrafosError(
      'module_too_large',
      `${tasklet.output} is ${formatSize(read.size)}; a cell takes modules of at most ${formatSize(PROGRAM_LIMITS.module)}.`,
      { next: 'Leave out what the tasklet does not use, or hand large data in as input.' },
    );
  }
  throw readError(read, tasklet.output, `The module of ${tasklet.name} cannot be read`);
}
