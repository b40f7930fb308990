import type { AnswerStore } from '../deploy/answers.ts';
import type { RunEntry } from './runsModel.ts';

/** Runs of a program that a workspace remembers. */
const RUNS_MAX = 200;

/**
 * The newest runs of a program as the workspace saw them last. They are listed while no scheduler
 * answers.
 */
export function readRuns(store: AnswerStore, root: string): RunEntry[] {
  return (store.get<Array<Omit<RunEntry, 'root'>>>(keyOf(root)) ?? []).map((entry) => ({ ...entry, root }));
}

/**
 * Remembers the newest ended runs, without outputs. A run that goes on could end unseen and is left
 * out.
 */
export async function keepRuns(store: AnswerStore, root: string, entries: RunEntry[]): Promise<void> {
  const kept = entries
    .filter(({ run }) => run.ended_at !== null)
    .slice(0, RUNS_MAX)
    .map(({ provider, cell, run }) => ({
      provider,
      cell,
      run: { ...run, response: run.response && { ...run.response, output: null } },
    }));
  await store.update(keyOf(root), kept);
}

function keyOf(root: string): string {
  return `runs:${root}`;
}
