import { GrafosError } from '../../base/grafosError.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Place } from '../../daemons/wire/place.ts';
import { OUTSIDE_ERRORS } from '../../daemons/wire/runError.ts';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import type { Program } from '../../program/loadProgram.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { deployRun } from '../deploy/deployRun.ts';
import type { RunPlace } from '../deploy/findRun.ts';
import { resolveProvider } from '../deploy/resolveProvider.ts';
import { type ShownOutput, shownOutput } from '../output/shownOutput.ts';
import { placesOfRun } from '../places/placesOfRun.ts';
import { type EndedRun, endedRun } from './endedRun.ts';

export interface Replay {
  same: boolean;
  /** Fields that a replay must repeat. */
  compared: readonly string[];
  /** Fields of `compared` that it did not repeat. */
  differences: string[];
  original: RunResponse;
  replay: ShownOutput;
  /** Places in the source where the replay failed, the program's own lines first. */
  places: Place[];
}

/**
 * Repeats an ended run of any provider on the local stack. The same module, input, limits, seed and
 * start give the same output, error and fuel. A run that was ended from outside is repeated up to
 * the fuel that its cell last recorded, and its log is compared.
 *
 * @throws {GrafosError} run_not_ended, module_differs, not_replayed, or an error of the deploy
 */
export async function replayRun(
  program: Program,
  runId: string,
  { at, isOutputWanted, signal }: { at: RunPlace; isOutputWanted: boolean; signal: AbortSignal },
): Promise<Replay> {
  return replayEnded(program, await endedRun(program, runId, at, signal), { isOutputWanted, signal });
}

/** Repeats an ended run that was fetched or read already, as {@link replayRun} does. */
export async function replayEnded(
  program: Program,
  ended: EndedRun,
  { isOutputWanted, signal }: { isOutputWanted: boolean; signal: AbortSignal },
): Promise<Replay> {
  const { response: original, record, input, module } = ended;
  const isCut = original.error !== null && OUTSIDE_ERRORS.has(original.error.code);
  if (isCut && original.fuel_used === 0) throw notReplayed(original);
  using local = await connectTarget(await resolveProvider(program.root, 'local'), signal);
  const { fuel, linear_memory_bytes, timeout_ms, mem_bytes, seed, start_unix_nanos } = record;
  const { program: name, version } = record;
  const limits = isCut ? { fuel: original.fuel_used, timeout_ms: LIMITS.timeoutMsMax } : { fuel, timeout_ms };
  let log = '';
  const run = await deployRun(local, {
    program,
    tasklet: { name: record.tasklet, output: '', ...limits, linear_memory_bytes, mem_bytes },
    module,
    input,
    signal,
    ...(isCut ? { onLog: (text: string) => (log += text) } : {}),
    replay: { seed, start_unix_nanos, program: name, version },
  });
  const replay = run.response;
  if (replay === null) throw new Error('an awaited run has a response');
  const shown = await shownOutput(local, replay, { isWanted: isOutputWanted, signal });
  const fields = isCut ? cutFields(ended, replay, log) : wholeFields(original, replay);
  const places = await placesOfRun(program.root, run, local, signal);
  const differences = Object.keys(fields).filter((field) => !fields[field]);
  return {
    same: differences.length === 0,
    compared: Object.keys(fields),
    differences,
    original,
    replay: shown,
    places,
  };
}

/** Compares each field of a run that ended by itself. */
function wholeFields(original: RunResponse, replay: RunResponse): Record<string, boolean> {
  const fields = ['state', 'error', 'output_sha256', 'fuel_used'] as const;
  return Object.fromEntries(fields.map((field) => [field, ending(original, field) === ending(replay, field)]));
}

/**
 * Gives the part of a field that a replay must repeat. Message and frames of an error are not in
 * it: versions of grafos differ in them.
 */
function ending(response: RunResponse, field: 'state' | 'error' | 'output_sha256' | 'fuel_used'): string {
  if (field !== 'error' || response.error === null) return JSON.stringify(response[field]);
  const { code, label, exit_code } = response.error;
  return JSON.stringify({ code, label, exit_code });
}

/**
 * Compares the log and the fuel of a run that was ended from outside: nothing else of it is known.
 */
function cutFields({ response, log }: EndedRun, replay: RunResponse, replayLog: string): Record<string, boolean> {
  const isThere = replay.error?.code === 'fuel_exhausted' && replay.fuel_used >= response.fuel_used;
  return { log: log === replayLog, fuel_used: isThere };
}

function notReplayed({ run_id, error }: RunResponse): GrafosError {
  return new GrafosError('not_replayed', `Run ${run_id} cannot be replayed: it ended as ${error?.code}.`, {
    why: 'It was ended from outside, and its cell does not know where it was then.',
    next: 'Run it again with less fuel: it then stops where the fuel ends, which a replay repeats.',
  });
}
