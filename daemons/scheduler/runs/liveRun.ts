import { LIMITS } from '../../../base/limits.ts';
import type { RunEvent, RunState } from '../../wire/tenantApi.ts';
import type { StoredRun } from '../store/runTable.ts';
import type { RunGrant } from './runGrants.ts';

/** A run that ended, with the bytes that are in the store by then. */
export interface EndedRun {
  run: StoredRun;
  output: Uint8Array;
  log: string;
}

export type RunHappening = Extract<RunEvent, { event: 'state' | 'log' }>;

/** A run that has not ended: what happened so far, and who wants to know the rest. */
export class LiveRun {
  readonly run: StoredRun;
  /** Null for one that is in its file. */
  readonly input: Uint8Array | null;
  /**
   * Resolves when the end is in the store. Rejects with a RefusedError when the cell refused the
   * run and no client has seen it yet.
   */
  readonly ended: Promise<EndedRun>;
  /** A client has seen this run, so it must not vanish. */
  acknowledged = false;
  /** Resolves when the run is in the store. */
  stored: Promise<void> = Promise.resolve();
  /** Its end is decided, and being written. */
  isEnding = false;
  /** Taken once it is in the store. */
  grant: RunGrant | undefined;

  #history: RunHappening[] = [];
  #logged = 0;
  #listeners = new Set<(happening: RunHappening) => void>();
  #resolve: (ended: EndedRun) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(run: StoredRun, input: Uint8Array | null) {
    this.run = run;
    this.input = input;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever does not wait must not turn a refusal into an unhandled rejection.
    this.ended.catch(() => {});
    this.enter('admitted', run.created_at);
  }

  enter(state: RunState, at: number = Date.now()): void {
    this.run.state = state;
    if (state === 'running') this.run.started_at = at;
    this.#tell({ event: 'state', data: { run_id: this.run.run_id, state, at: new Date(at).toISOString() } });
  }

  /** Reports the part of the log that was not reported while the run went on. */
  restOfLog(log: string): void {
    if (log.length > this.#logged) this.log(log.slice(this.#logged));
  }

  log(text: string): void {
    // The cell bounds the log; this bounds what a cell that does not could make us keep.
    if (this.#logged > LIMITS.log) return;
    this.#logged += text.length;
    this.#tell({ event: 'log', data: { text } });
  }

  /** Everything so far, at once, and then what comes; the returned function ends it. */
  follow(listener: (happening: RunHappening) => void): () => void {
    for (const happening of this.#history) listener(happening);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  finish(ended: EndedRun): void {
    this.#resolve(ended);
  }

  refuse(error: unknown): void {
    this.#reject(error);
  }

  #tell(happening: RunHappening): void {
    this.#history.push(happening);
    for (const listener of this.#listeners) listener(happening);
  }
}
