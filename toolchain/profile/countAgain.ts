import { GrafosError } from '../../base/grafosError.ts';
import type { FuelProfile } from '../../daemons/wire/fuelProfile.ts';
import { OUTSIDE_ERRORS, type RunErrorCode } from '../../daemons/wire/runError.ts';
import type { EndedRun } from '../replay/endedRun.ts';
import { countRun } from './countRun.ts';

/** Fields that a repeated run must have as the first. */
export const COUNTED_FIELDS = ['state', 'error', 'output_sha256', 'fuel_used'] as const;
export type CountedField = (typeof COUNTED_FIELDS)[number];

/** Errors of a run that never began. */
const NEVER_BEGAN: ReadonlySet<RunErrorCode> = new Set(['module_invalid', 'profile_violation']);

/**
 * Repeats an ended run on this machine with counters in its module, without a stack, and names the
 * fields in which it ended differently.
 *
 * @throws {GrafosError} not_profiled, profile_failed, interrupted
 */
export async function countAgain(
  { response, record, module, input }: Pick<EndedRun, 'response' | 'record' | 'module' | 'input'>,
  signal: AbortSignal,
): Promise<{ counted: FuelProfile; differences: CountedField[] }> {
  const code = response.error?.code;
  if (code !== undefined && (OUTSIDE_ERRORS.has(code) || NEVER_BEGAN.has(code))) {
    throw new GrafosError('not_profiled', `Run ${response.run_id} ended as ${code} and has no profile.`, {
      why: 'It was ended from outside, or never began: no instruction is its last.',
      next: 'Profile a run that ended by itself, for instance with less fuel: it stops where the fuel ends.',
    });
  }
  const counted = await countRun({ record, module_b64: base64(module), input_b64: base64(input) }, signal);
  const ending = (one: FuelProfile | EndedRun['response'], field: CountedField) =>
    field === 'error' ? one.error?.code : one[field];
  const differences = COUNTED_FIELDS.filter((field) => ending(counted, field) !== ending(response, field));
  return { counted, differences };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
