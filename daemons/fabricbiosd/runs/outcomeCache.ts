/**
 * Keeps the outcome of each run, so that a run id is executed at most once.
 *
 * A scheduler that lost its connection asks again with the same id, and gets the outcome of the one
 * execution. Outcomes are kept for a while, their ids much longer.
 */
import type { TaskletOutcome } from '../../wire/fabricControl.ts';
import { FabricRefusedError } from '../control/fabricRefused.ts';

/**
 * An outcome with its output and log themselves. Each connection makes payloads of its own from
 * them.
 */
export type CellOutcome = Omit<TaskletOutcome, 'output' | 'log'> & { output: Uint8Array; log: string };

export interface OutcomeBounds {
  outcomes: number;
  /** Sum of outputs and logs, bytes. */
  bytes: number;
  /** After the end of the run, milliseconds. */
  keepMs: number;
  /** Ids that are remembered after their outcome is forgotten. */
  ids: number;
}

const BOUNDS: OutcomeBounds = { outcomes: 1024, bytes: 32 * 1024 * 1024, keepMs: 5 * 60_000, ids: 65_536 };

interface Kept {
  /**
   * Fingerprint of the request. The same id with another request is a mistake, not a repetition.
   */
  fingerprint: string;
  outcome: Promise<CellOutcome>;
  bytes: number;
  /** Milliseconds, monotonic; undefined while the run is under way. */
  endedAt: number | undefined;
}

export class OutcomeCache {
  readonly #bounds: OutcomeBounds;
  readonly #now: () => number;
  /** In the order of their ends, those under way anywhere between. */
  readonly #kept = new Map<string, Kept>();
  readonly #forgotten = new Set<string>();
  /**
   * One iterator for the lifetime of the cache. A fresh `values()` would scan the slots of deleted
   * entries on every call.
   */
  readonly #oldest = this.#forgotten.values();
  #bytes = 0;

  constructor(bounds: Partial<OutcomeBounds> = {}, now: () => number = () => performance.now()) {
    this.#bounds = { ...BOUNDS, ...bounds };
    this.#now = now;
  }

  /**
   * Finds the outcome that a run id has or will have; undefined when it was never begun.
   *
   * @throws {FabricRefusedError} run_id_in_use
   */
  find(runId: string, fingerprint: string): Promise<CellOutcome> | undefined {
    this.#dropOld();
    const kept = this.#kept.get(runId);
    if (kept === undefined) {
      if (!this.#forgotten.has(runId)) return undefined;
      throw new FabricRefusedError('run_id_in_use', `Run ${runId} was executed; its outcome is no longer kept.`);
    }
    if (kept.fingerprint !== fingerprint) {
      throw new FabricRefusedError('run_id_in_use', `Run ${runId} was begun with another request.`);
    }
    return kept.outcome;
  }

  /**
   * Begins a run that `find` does not know. When `execute` rejects nothing was executed, and the id
   * is free again.
   */
  begin(runId: string, fingerprint: string, execute: () => Promise<CellOutcome>): Promise<CellOutcome> {
    const kept: Kept = { fingerprint, outcome: execute(), bytes: 0, endedAt: undefined };
    this.#kept.set(runId, kept);
    kept.outcome.then(
      (outcome) => {
        this.#kept.delete(runId);
        this.#kept.set(runId, kept);
        kept.endedAt = this.#now();
        kept.bytes = outcome.output.length + outcome.log.length;
        this.#bytes += kept.bytes;
        this.#dropOld();
      },
      () => this.#kept.delete(runId),
    );
    return kept.outcome;
  }

  /** Done on use, not by a timer: an idle cell does nothing. */
  #dropOld(): void {
    const before = this.#now() - this.#bounds.keepMs;
    for (const [runId, { endedAt, bytes }] of this.#kept) {
      if (endedAt === undefined) continue;
      const isFull = this.#kept.size > this.#bounds.outcomes || this.#bytes > this.#bounds.bytes;
      if (!isFull && endedAt > before) break;
      this.#kept.delete(runId);
      this.#bytes -= bytes;
      this.#forgotten.add(runId);
    }
    while (this.#forgotten.size > this.#bounds.ids) this.#forgotten.delete(this.#oldest.next().value as string);
  }
}
