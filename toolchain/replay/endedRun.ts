import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { RunRecord, RunResponse } from '../../daemons/wire/tenantApi.ts';
import type { Program } from '../../program/loadProgram.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { findRun, type RunPlace } from '../deploy/findRun.ts';
import { logSoFar } from '../deploy/logSoFar.ts';
import { notEnded } from '../deploy/notEnded.ts';

/** All that it takes to do a run again. */
export interface EndedRun {
  response: RunResponse;
  record: RunRecord;
  input: Uint8Array;
  /** The bytes that ran. */
  module: Uint8Array;
  log: string;
}

/**
 * Fetches an ended run of any provider, with its input, its log and the module that ran.
 *
 * @throws {GrafosError} not_found, run_not_ended, module_differs
 */
export async function endedRun(program: Program, runId: string, at: RunPlace, signal: AbortSignal): Promise<EndedRun> {
  const found = await findRun(program.root, runId, at, signal);
  using client = found.client;
  const { response } = found.run;
  if (response === null) throw notEnded(runId);
  const record = await client.record(found.run, { signal });
  const expected = { size: record.input_bytes, sha256: record.input_sha256 };
  const input = await client.artifact(runId, 'input.bin', { signal, expected });
  const module = await moduleOf(program, record, client, signal);
  const log = await logSoFar(client, found.run, signal);
  return { response, record, input, module, log };
}

/**
 * Gets the module that ran: the one built here where its bytes are the same, or else the cell's.
 */
async function moduleOf(
  program: Program,
  record: RunRecord,
  client: SchedulerClient,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { module_sha256, tasklet: name, run_id } = record;
  const tasklet = program.manifest.tasklets.find((one) => one.name === name);
  if (tasklet !== undefined) {
    const read = await new ProgramReader(program.root).readSoon(join(program.root, tasklet.output), 'module');
    if (read.state === 'ok' && createHash('sha256').update(read.bytes).digest('hex') === module_sha256)
      return read.bytes;
  }
  try {
    return await client.module(module_sha256, { signal });
  } catch (error) {
    if (!(error instanceof GrafosError) || !['not_found', 'module_unknown'].includes(error.code)) throw error;
    throw new GrafosError('module_differs', `The module that run ${run_id} ran is no longer at hand.`, {
      why: `It ran ${module_sha256.slice(0, 16)}…, which the cell does not keep any more, and what is built here is another.`,
      next: `Check out the source of version ${record.version} and build it: grafos tasklet build ${name}`,
    });
  }
}
