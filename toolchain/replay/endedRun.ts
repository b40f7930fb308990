import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import type { RunRecord, RunResponse } from '../../daemons/protocol/tenantApi.ts';
import { findTasklet, type Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { findRun } from '../deploy/findRun.ts';
import { logSoFar } from '../deploy/logSoFar.ts';
import { notEnded } from '../deploy/notEnded.ts';

/** All that it takes to do a run again. */
export interface EndedRun {
  response: RunResponse;
  record: RunRecord;
  input: Uint8Array;
  tasklet: Tasklet;
  /** What is built here, which is what ran there. */
  module: Uint8Array;
  log: string;
}

/**
 * An ended run of any provider, with the module it ran as it is built here.
 * @throws GrafosError `not_found`, `run_not_ended`, `module_differs`
 */
export async function endedRun(
  program: Program,
  runId: string,
  provider: string | undefined,
  signal: AbortSignal,
): Promise<EndedRun> {
  const found = await findRun(program.root, runId, provider, signal);
  using client = found.client;
  const { response } = found.run;
  if (response === null) throw notEnded(runId);
  const record = await client.record(found.run, { signal });
  const expected = { size: record.input_bytes, sha256: record.input_sha256 };
  const input = await client.artifact(runId, 'input.bin', { signal, expected });
  const log = await logSoFar(client, found.run, signal);
  const tasklet = findTasklet(program, record.tasklet);
  const read = await new ProgramReader(program.root).readSoon(join(program.root, tasklet.output), 'module');
  const module = read.state === 'ok' ? read.bytes : undefined;
  const sha256 = module && createHash('sha256').update(module).digest('hex');
  if (module === undefined || sha256 !== record.module_sha256) {
    throw new GrafosError('usage', 'module_differs', `${tasklet.output} is not the module that run ${runId} ran.`, {
      why: `It ran ${record.module_sha256.slice(0, 16)}…; here is ${sha256 === undefined ? 'nothing built' : `${sha256.slice(0, 16)}…`}.`,
      next: `Check out the source of version ${record.version} and build it: grafos tasklet build ${tasklet.name}`,
    });
  }
  return { response, record, input, tasklet, module, log };
}
