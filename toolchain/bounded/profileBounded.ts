import { GrafosError } from '../../base/grafosError.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { RunPlace } from '../deploy/findRun.ts';
import type { RunProfile } from '../profile/profileRun.ts';
import { endedRun } from '../replay/endedRun.ts';
import { boundedWork } from './boundedWork.ts';

/**
 * Profiles an ended run of any provider as `profileRun` does, within bounds on memory and time. The
 * sums of a large module take seconds, and an abort ends them at once.
 *
 * @throws {GrafosError} not_profiled, profile_differs, profile_failed, those of {@link endedRun},
 *   and the signal's reason
 */
export async function profileBounded(
  program: Program,
  runId: string,
  at: RunPlace,
  signal: AbortSignal,
): Promise<RunProfile> {
  const { response, record, module, input, sourceMap, linesLeftOut } = await endedRun(program, runId, at, signal);
  const output = program.manifest.tasklets.find(({ name }) => name === record.tasklet)?.output ?? '';
  // The output's value may be of a class that no message carries, and a profile compares digests.
  const run = {
    response: { ...response, output: null },
    record,
    module,
    input,
    sourceMap,
    ...(linesLeftOut && { linesLeftOut }),
  };
  const answer = await boundedWork({ kind: 'profile', root: program.root, output, run }, signal);
  if (answer.state === 'profiled') return answer.profile;
  throw new GrafosError('not_profiled', `Run ${runId} cannot be repeated here with counters.`, {
    why: answer.state === 'given-up' ? `Its work was given up: ${answer.message}.` : 'Its work gave no answer.',
    next: 'See "Of a profile" in docs/reference/limits.md, and profile a smaller run.',
  });
}
