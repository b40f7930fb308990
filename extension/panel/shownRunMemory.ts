import type { Run } from '../../daemons/protocol/tenantApi.ts';
import type { ProviderName } from '../../toolchain/deploy/resolveProvider.ts';
import type { AnswerStore } from '../deploy/answers.ts';

const KEY = 'shownRun';

interface KeptShownRun {
  root: string;
  provider: ProviderName;
  run: Run;
  isPinned: boolean;
}

/** The run that the panel showed last. The workspace remembers it across reloads. */
export function readShownRun(store: AnswerStore): KeptShownRun | undefined {
  return store.get<KeptShownRun>(KEY);
}

/** Remembers the run that the panel shows, without its output. */
export async function keepShownRun(store: AnswerStore, kept: KeptShownRun): Promise<void> {
  const { response } = kept.run;
  const run = { ...kept.run, response: response && { ...response, output: null } };
  await store.update(KEY, { ...kept, run });
}
