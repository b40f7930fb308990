import type { RunResponse } from '../../daemons/protocol/tenantApi.ts';
import type { Program } from '../../program/loadProgram.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { deployRun } from '../deploy/deployRun.ts';
import { resolveProvider } from '../deploy/resolveProvider.ts';
import { type ShownOutput, shownOutput } from '../output/shownOutput.ts';
import { endedRun } from './endedRun.ts';

export interface Replay {
  same: boolean;
  /** Fields of response.json that a replay must repeat and did not. */
  differences: string[];
  original: RunResponse;
  replay: ShownOutput;
}

/**
 * Repeats an ended run of any provider on the local stack: same module, input, limits, seed and start, so the same output, error and fuel.
 * @throws GrafosError `run_not_ended`, `module_differs` when what is built here is not what ran there, or an error of the deploy.
 */
export async function replayRun(
  program: Program,
  runId: string,
  { provider, isOutputWanted, signal }: { provider: string | undefined; isOutputWanted: boolean; signal: AbortSignal },
): Promise<Replay> {
  const { response: original, record, input, tasklet } = await endedRun(program, runId, provider, signal);
  using local = await connectTarget(await resolveProvider(program.root, 'local'), signal);
  const { fuel, linear_memory_bytes, timeout_ms, mem_bytes, seed, start_unix_nanos } = record;
  const run = await deployRun(local, {
    program,
    tasklet: { ...tasklet, fuel, linear_memory_bytes, timeout_ms, mem_bytes },
    input,
    signal,
    replay: { seed, start_unix_nanos },
  });
  const replay = run.response;
  if (replay === null) throw new Error('an awaited run has a response');
  const differences = (['state', 'error', 'output_sha256', 'fuel_used'] as const).filter(
    (field) => JSON.stringify(original[field]) !== JSON.stringify(replay[field]),
  );
  const shown = await shownOutput(local, replay, { isWanted: isOutputWanted, signal });
  return { same: differences.length === 0, differences, original, replay: shown };
}
