import { createHash } from 'node:crypto';
import type { RunSpec } from '../wire/runSpec.ts';
import type { RunJob } from '../wire/tenantApi.ts';

/** The limits of a tasklet that its manifest gives. */
export type TaskletLimits = Pick<RunSpec, 'mem_bytes' | 'fuel' | 'linear_memory_bytes' | 'timeout_ms'>;

/**
 * Makes the submit of a tasklet with the limits of its manifest. Only the input is missing.
 *
 * @param module the bytes that run: the file may have been built anew since the program was read
 */
export function submitOf(
  { manifest }: { manifest: { name: string; version: string } },
  tasklet: { name: string } & TaskletLimits,
  module: Uint8Array,
): Omit<RunJob, 'input'> {
  const { name, mem_bytes, fuel, linear_memory_bytes, timeout_ms } = tasklet;
  return {
    program: manifest.name,
    tasklet: name,
    version: manifest.version,
    module_sha256: createHash('sha256').update(module).digest('hex'),
    mem_bytes,
    fuel,
    linear_memory_bytes,
    timeout_ms,
  };
}
