import { GrafosError } from '../../base/grafosError.ts';
import type { OpenedRun } from '../replay/openRunFile.ts';
import { boundedWork } from './boundedWork.ts';

/**
 * Reads a run from its file as `openRunFile` does, within bounds on memory and time.
 *
 * @param file absolute path
 * @throws {GrafosError} bundle_invalid, those of reading a file, and the signal's reason
 */
export async function runFileBounded(file: string, signal: AbortSignal): Promise<OpenedRun> {
  const answer = await boundedWork({ kind: 'runFile', file }, signal);
  if (answer.state === 'opened') return answer.opened;
  throw new GrafosError('bundle_invalid', `${file} is not a run that can be shown.`, {
    why: answer.state === 'given-up' ? `Reading it was given up: ${answer.message}.` : 'Its reading gave no run.',
    next: 'Write one with grafos artifacts RUN --bundle FILE.',
  });
}
