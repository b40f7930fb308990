import { GrafosError } from '../../base/grafosError.ts';
import { OUTSIDE_ERRORS } from '../../daemons/wire/runError.ts';
import { COUNTED_FIELDS, type CountedField, countAgain } from '../profile/countAgain.ts';
import type { EndedRun } from './endedRun.ts';

/** The outcome of a repeated run, and the fields that it must repeat. */
export interface ReplayHere {
  same: boolean;
  compared: readonly CountedField[];
  differences: CountedField[];
}

/**
 * Repeats an ended run by its own module bytes on this machine, in a process that ends with this
 * one. No stack and no program is needed.
 *
 * @throws {GrafosError} not_replayed, profile_failed, interrupted
 */
export async function replayHere(ended: EndedRun, signal: AbortSignal): Promise<ReplayHere> {
  const { run_id, error } = ended.response;
  if (error !== null && OUTSIDE_ERRORS.has(error.code)) {
    throw new GrafosError('not_replayed', `Run ${run_id} cannot be replayed here: it ended as ${error.code}.`, {
      why: 'It was ended from outside, and only a local stack repeats it up to there.',
      next: 'Replay its file in a program: grafos dev up, then grafos replay FILE',
    });
  }
  const { differences } = await countAgain(ended, signal);
  return { same: differences.length === 0, compared: COUNTED_FIELDS, differences };
}
