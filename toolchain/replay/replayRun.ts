import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import type { RunRecord, RunResponse } from '../../daemons/protocol/tenantApi.ts';
import { findTasklet, type Program } from '../../program/loadProgram.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { deployRun } from '../deploy/deployRun.ts';
import { findRun } from '../deploy/findRun.ts';
import { resolveProvider } from '../deploy/resolveProvider.ts';

export interface Replay {
  same: boolean;
  /** Fields of response.json that a replay must repeat and did not. */
  differences: string[];
  original: RunResponse;
  replay: RunResponse;
}

/**
 * Repeats an ended run of any provider on the local stack: same module, input, limits, seed and start, so the same output, error and fuel.
 * @throws GrafosError `run_not_ended`, `module_differs` when what is built here is not what ran there, or an error of the deploy.
 */
export async function replayRun(
  program: Program,
  runId: string,
  provider: string | undefined,
  signal: AbortSignal,
): Promise<Replay> {
  const found = await findRun(program.root, runId, provider, signal);
  using client = found.client;
  const original = found.run.response;
  if (original === null) {
    throw new GrafosError('usage', 'run_not_ended', `Run ${runId} has not ended.`, {
      next: `Wait for it: grafos runs show ${runId}`,
    });
  }
  const record: RunRecord = JSON.parse(
    Buffer.from(await client.artifact(runId, 'run.json', { signal })).toString('utf8'),
  );
  const input = await client.artifact(runId, 'input.bin', { signal });
  const tasklet = findTasklet(program, record.tasklet);
  const built = await readFile(join(program.root, tasklet.output)).catch(() => undefined);
  const sha256 = built && createHash('sha256').update(built).digest('hex');
  if (sha256 !== record.module_sha256) {
    throw new GrafosError('usage', 'module_differs', `${tasklet.output} is not the module that run ${runId} ran.`, {
      why: `It ran ${record.module_sha256.slice(0, 16)}…; here is ${sha256 === undefined ? 'nothing built' : `${sha256.slice(0, 16)}…`}.`,
      next: `Check out the source of version ${record.version} and build it: grafos tasklet build ${tasklet.name}`,
    });
  }
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
  return { same: differences.length === 0, differences, original, replay };
}
