import type { RunResponse } from '../../daemons/protocol/tenantApi.ts';
import type { Program } from '../../program/loadProgram.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { deployRun } from '../deploy/deployRun.ts';
import { resolveProvider } from '../deploy/resolveProvider.ts';
import { placesOfRun } from '../places/placesOfRun.ts';
import { type PlacedResponse, responseWithPlaces } from '../places/responseWithPlaces.ts';
import { type EndedRun, endedRun } from './endedRun.ts';

export interface Replay {
  same: boolean;
  /** Fields of response.json that a replay must repeat and did not. */
  differences: string[];
  original: RunResponse;
  replay: PlacedResponse;
}

/**
 * Repeats an ended run of any provider on the local stack: same module, input, limits, seed and start, so the same output, error and fuel.
 * @throws GrafosError `run_not_ended`, `module_differs` when its module is neither built here nor kept by the cell, or an error of the deploy.
 */
export async function replayRun(
  program: Program,
  runId: string,
  provider: string | undefined,
  signal: AbortSignal,
): Promise<Replay> {
  return replayEnded(program, await endedRun(program, runId, provider, signal), signal);
}

/** Repeats an ended run that is at hand whole, as {@link replayRun} does. */
export async function replayEnded(
  program: Program,
  { response: original, record, input, module }: EndedRun,
  signal: AbortSignal,
): Promise<Replay> {
  using local = await connectTarget(await resolveProvider(program.root, 'local'), signal);
  const { fuel, linear_memory_bytes, timeout_ms, mem_bytes, seed, start_unix_nanos } = record;
  const { program: name, version } = record;
  const run = await deployRun(local, {
    program,
    tasklet: { name: record.tasklet, output: '', fuel, linear_memory_bytes, timeout_ms, mem_bytes },
    module,
    input,
    signal,
    replay: { seed, start_unix_nanos, program: name, version },
  });
  const replay = run.response;
  if (replay === null) throw new Error('an awaited run has a response');
  const differences = (['state', 'error', 'output_sha256', 'fuel_used'] as const).filter(
    (field) => ending(original, field) !== ending(replay, field),
  );
  const places = await placesOfRun(program.root, run, local, signal);
  return { same: differences.length === 0, differences, original, replay: responseWithPlaces(replay, places) };
}

/** A field as it must be repeated. The words for an error and its place are no part of that: versions differ in them. */
function ending(response: RunResponse, field: 'state' | 'error' | 'output_sha256' | 'fuel_used'): string {
  if (field !== 'error' || response.error === null) return JSON.stringify(response[field]);
  const { code, label, exit_code } = response.error;
  return JSON.stringify({ code, label, exit_code });
}
