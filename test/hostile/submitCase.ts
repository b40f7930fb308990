import { createHash } from 'node:crypto';
import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { RunSubmit } from '../../daemons/wire/tenantApi.ts';
import { compileWat } from '../helpers/compileWat.ts';
import { WAT } from '../helpers/watTasklets.ts';
import type { HostileCase } from './corpus.ts';

/** The end of a case: the error's code, `succeeded`, or the refusal's code; and the message. */
export interface CaseEnd {
  code: string;
  message: string;
}

const INPUT = Buffer.from('input');
/** Fuel, memory and time that a manifest gives when it says nothing, but for some more fuel. */
const USUAL = { fuel: 10_000_000, linear_memory_bytes: 32 * 1024 * 1024, timeout_ms: 30_000, mem_bytes: 0 };

export async function putModule(client: SchedulerClient, bytes: Uint8Array): Promise<string> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await client.putModule(sha256, bytes);
  return sha256;
}

export function submission(sha256: string, job: Partial<RunSubmit> = {}): RunSubmit {
  const about = { program: 'hostile', tasklet: 'hostile', version: '0.1.0' };
  return { ...about, module_sha256: sha256, input_b64: INPUT.toString('base64'), ...USUAL, ...job };
}

/** Uploads a case's module and runs it. */
export async function submitCase(client: SchedulerClient, one: HostileCase): Promise<CaseEnd> {
  try {
    const sha256 = await putModule(client, one.module());
    const { response } = await client.submit(submission(sha256, one.job), { waitMs: 60_000 });
    if (response === null) return { code: 'unfinished', message: 'the run did not end within a minute' };
    return response.error ?? { code: 'succeeded', message: '' };
  } catch (error) {
    if (error instanceof GrafosError) return { code: error.code, message: error.message };
    throw error;
  }
}

/** The fault in the end of a case; undefined when there is none. */
export function faultOf(one: HostileCase, { code, message }: CaseEnd): string | undefined {
  const wanted = one.error ?? 'succeeded';
  if (code !== wanted) return `${code} (${message}), not ${wanted}`;
  return one.says === undefined || one.says.test(message) ? undefined : `"${message}" does not say ${one.says}`;
}

/**
 * A run that has nothing to do with any attack.
 *
 * @returns the fault of its answer, undefined when there is none
 */
export async function helloFault(client: SchedulerClient, sha256: string): Promise<string | undefined> {
  const { response } = await client.submit(submission(sha256), { waitMs: 60_000 });
  if (response === null) return 'hello did not end within a minute';
  const { error, output_bytes, fuel_used } = response;
  if (error !== null) return `hello ended as ${error.code}: ${error.message}`;
  if (output_bytes === 2 && fuel_used === HELLO_FUEL) return undefined;
  return `hello gave ${output_bytes} bytes for fuel ${fuel_used}`;
}

/** Instructions of {@link WAT.hello}: three and a call, a drop and a constant. */
const HELLO_FUEL = 8;

export const hello = () => compileWat(WAT.hello);
