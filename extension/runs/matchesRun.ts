import { errorWord } from './errorWord.ts';
import type { RunEntry } from './runsModel.ts';

/**
 * True for a run that has every word of a filter in its tasklet, provider, state, error, version,
 * module, id, time or the name of its input. Case does not count. An empty filter matches every
 * run.
 *
 * @param input name of the run's input; empty where it is not known
 */
export function matchesRun({ run, provider }: RunEntry, input: string, filter: string): boolean {
  const { error } = run.response ?? { error: null };
  const text = [
    run.tasklet,
    provider,
    run.state,
    ...(error === null ? [] : [errorWord(error), error.message]),
    run.version,
    run.module_sha256,
    run.run_id,
    run.created_at,
    input,
  ]
    .join('\n')
    .toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
