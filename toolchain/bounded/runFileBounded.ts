import { GrafosError } from '../../base/grafosError.ts';
import type { RunProfile } from '../profile/profileRun.ts';
import type { EndedRun } from '../replay/endedRun.ts';
import type { OpenedRun } from '../replay/openRunFile.ts';
import { boundedWork, type WorkDone } from './boundedWork.ts';
import type { ReplayedFile } from './workMessages.ts';

/**
 * Reads a run from its file as `openRunFile` does, within bounds on memory and time.
 *
 * @param file absolute path
 * @throws {GrafosError} bundle_invalid, those of reading a file, and the signal's reason
 */
export async function runFileBounded(file: string, signal: AbortSignal): Promise<OpenedRun> {
  const answer = await boundedWork({ kind: 'runFile', file }, signal);
  if (answer.state === 'opened') return answer.opened;
  throw noRun(file, answer);
}

/** Reads all of a run from its file as `readRunBundle` does, in the same way. */
export async function bundleBounded(file: string, signal: AbortSignal): Promise<EndedRun> {
  const answer = await boundedWork({ kind: 'bundle', file }, signal);
  if (answer.state === 'bundle') return answer.ended;
  throw noRun(file, answer);
}

/**
 * Repeats the run of a file as `replayHere` does. All that is large stays in the thread.
 *
 * @throws {GrafosError} not_replayed, not_profiled, profile_failed, those of reading the file, and
 *   the signal's reason
 */
export async function replayFileBounded(file: string, signal: AbortSignal): Promise<ReplayedFile> {
  const answer = await boundedWork({ kind: 'replayFile', file }, signal);
  if (answer.state === 'replayed') return answer.replayed;
  throw givenUp(file, answer);
}

/**
 * Profiles the run of a file as `profileFile` does, in the same way.
 *
 * @throws {GrafosError} not_profiled, profile_differs, profile_failed, those of reading the file,
 *   and the signal's reason
 */
export async function profileFileBounded(file: string, signal: AbortSignal): Promise<RunProfile> {
  const answer = await boundedWork({ kind: 'profileFile', file }, signal);
  if (answer.state === 'profiled') return answer.profile;
  throw givenUp(file, answer);
}

function noRun(file: string, answer: WorkDone): GrafosError {
  return new GrafosError('bundle_invalid', `${file} is not a run that can be shown.`, {
    why: answer.state === 'given-up' ? `Reading it was given up: ${answer.message}.` : 'Its reading gave no run.',
    next: 'Write one with grafos artifacts RUN --bundle FILE.',
  });
}

function givenUp(file: string, answer: WorkDone): GrafosError {
  return new GrafosError('not_profiled', `The run in ${file} cannot be repeated here with counters.`, {
    why: answer.state === 'given-up' ? `Its work was given up: ${answer.message}.` : 'Its work gave no answer.',
    next: 'See "Of a profile" in docs/reference/limits.md, and profile a smaller run.',
  });
}
