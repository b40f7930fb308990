import type { WorkAnswer } from '../bounded/workMessages.ts';
import { profileFile } from '../profile/profileRun.ts';
import { replayHere } from './replayHere.ts';
import { readRunBundle } from './runBundle.ts';

/**
 * Does the work of a bounded thread on a run from a file. The process that repeats the run ends
 * with the thread: its input does.
 *
 * @throws {GrafosError} those of reading the file, and those of a replay or profile
 */
export async function fileWork(kind: 'bundle' | 'replayFile' | 'profileFile', file: string): Promise<WorkAnswer> {
  const ended = await readRunBundle(file);
  const { signal } = new AbortController();
  switch (kind) {
    case 'bundle':
      return { state: 'bundle', ended };
    case 'replayFile': {
      const { run_id, module_sha256 } = ended.record;
      return { state: 'replayed', replayed: { run_id, module_sha256, ...(await replayHere(ended, signal)) } };
    }
    case 'profileFile':
      return { state: 'profiled', profile: await profileFile(ended, signal) };
  }
}
