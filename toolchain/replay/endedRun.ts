import type { LinesLeftOut } from '../../daemons/wire/place.ts';
import type { RunRecord, RunResponse } from '../../daemons/wire/tenantApi.ts';
import type { Program } from '../../program/loadProgram.ts';
import { findRun, type RunPlace } from '../deploy/findRun.ts';
import { logSoFar } from '../deploy/logSoFar.ts';
import { notEnded } from '../deploy/notEnded.ts';
import { ranModule } from './ranModule.ts';

/** All that it takes to do a run again. */
export interface EndedRun {
  response: RunResponse;
  record: RunRecord;
  input: Uint8Array;
  /** The bytes that ran. */
  module: Uint8Array;
  log: string;
  /** Null where it was not asked for, and in a file that does not have it. */
  output: Uint8Array | null;
  /** The text of the module's source map; null where it is not at hand. */
  sourceMap: string | null;
  /** The reason why a source map that is at hand was not read. */
  linesLeftOut?: LinesLeftOut;
}

/**
 * Fetches an ended run of any provider, with its input, its log and the module that ran.
 *
 * @param isOutputWanted whether the output is fetched, too
 * @throws {GrafosError} not_found, run_not_ended, module_differs
 */
export async function endedRun(
  program: Program,
  runId: string,
  at: RunPlace,
  signal: AbortSignal,
  isOutputWanted = false,
): Promise<EndedRun> {
  const found = await findRun(program.root, runId, at, signal);
  using client = found.client;
  const { response } = found.run;
  if (response === null) throw notEnded(runId);
  const record = await client.record(found.run, { signal });
  const expected = { size: record.input_bytes, sha256: record.input_sha256 };
  const input = await client.artifact(runId, 'input.bin', { signal, expected });
  const ran = await ranModule(program, record, client, signal);
  const log = await logSoFar(client, found.run, signal);
  const output = isOutputWanted ? await client.output(response, { signal }) : null;
  return { response, record, input, log, output, ...ran };
}
