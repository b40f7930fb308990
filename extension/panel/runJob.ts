import * as vscode from 'vscode';
import { GrafosError } from '../../base/grafosError.ts';
import type { RunHead } from './panelMessages.ts';

/** A run before it exists: its tasklet is built, sent and admitted. */
export interface RunJob {
  /** False where another run is pinned: the caller shows the progress by itself. */
  readonly isShown: boolean;
  readonly signal: AbortSignal;
  cancel(): void;
  /** Shows the current step, in a few words. An empty text keeps the step before. */
  step(text: string): void;
  head(): RunHead;
  /** Ends the job. Ending it twice is harmless. */
  end(): void;
}

let jobs = 0;

/** Makes the job of a run. `on` is called when its step changes and when it ends. */
export function runJob(
  { tasklet, provider, input, isShown }: { tasklet: string; provider: string; input: string; isShown: boolean },
  on: { end(): void; step(): void },
): RunJob {
  const abort = new AbortController();
  const begun = performance.now();
  let stateText = vscode.l10n.t('preparing');
  jobs += 1;
  const runId = `job ${jobs}`;
  return {
    isShown,
    signal: abort.signal,
    cancel: () => abort.abort(new GrafosError('interrupted', 'Interrupted.')),
    step: (text) => {
      if (text !== '') stateText = text;
      on.step();
    },
    head: () => ({
      runId,
      tasklet,
      state: 'preparing',
      stateText,
      summary: [provider, input],
      elapsedMs: performance.now() - begun,
      error: null,
      notice: '',
      newer: '',
      details: [],
      artifacts: [],
      buttons: [{ action: 'cancel', label: vscode.l10n.t('Cancel') }],
    }),
    end: on.end,
  };
}
