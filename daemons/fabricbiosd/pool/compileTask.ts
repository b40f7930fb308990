import type { MeteredModule } from '../../../wasm/meter/meteredModule.ts';
import { setTiering } from '../boundary/baselineOnly.ts';
import { postable } from '../boundary/transfer.ts';
import type { CompileAnswer, FromWorker } from '../boundary/workerMessages.ts';
import type { PoolTask, TaskLoss } from './poolTask.ts';
import type { PoolWorker } from './poolWorker.ts';
import { workerLost } from './workerLost.ts';

/** A small module takes a hundredth of it, on a slow machine a tenth. */
const COMPILE_DEADLINE_MS = 20_000;

/** Compiling a metered module of this size takes tens of milliseconds. */
const HEAVY_BYTES = 512 * 1024;

/** Source of a task: an artifact, or a module that a trial or an earlier cell has metered. */
export type CompileSource = { artifact: Uint8Array; memoryMaxPages: number } | { metered: MeteredModule };

/**
 * Called with the result for a module.
 *
 * `lasting` is false for a fault of the cell: the next run tries again.
 */
export type CompileDone = (answer: CompileAnswer, lasting: boolean) => void;

/** Makes a module ready in a worker. */
export class CompileTask implements PoolTask {
  readonly kind = 'compile';
  readonly short = false;
  readonly heavy: boolean;
  readonly group = 0;
  readonly deadlineMs = COMPILE_DEADLINE_MS;
  readonly tenant: string;
  readonly #source: CompileSource;
  /** The task turns tiering off, to keep functions from the optimizing compiler. */
  readonly #touches: boolean;
  readonly #done: CompileDone;

  constructor(tenant: string, source: CompileSource, done: CompileDone) {
    this.tenant = tenant;
    this.#source = source;
    this.#touches = 'metered' in source && source.metered.baselineOnly.length > 0;
    this.heavy = ('artifact' in source ? source.artifact : source.metered.bytes).length >= HEAVY_BYTES;
    this.#done = done;
  }

  start(worker: PoolWorker): void {
    const source = this.#source;
    if ('metered' in source) {
      worker.post({ kind: 'compile', bytes: new Uint8Array(), memoryMaxPages: 0, metered: source.metered });
    } else {
      // The artifact is copied, never moved: it stays with the main thread.
      const bytes = postable(source.artifact, []);
      worker.post({ kind: 'compile', bytes, memoryMaxPages: source.memoryMaxPages, metered: null });
    }
  }

  log(): void {}

  answered(answer: FromWorker): void {
    if (answer.kind === 'compiled') this.#done(answer.result, true);
  }

  lost(loss: TaskLoss, _worker: PoolWorker | null, cause: string | null): void {
    // Its worker may have ended with tiering off. No other task turns it off at the same time.
    if (this.#touches) setTiering(true);
    const tooMuch = loss === 'deadline' || loss === 'out_of_memory';
    // What no estimate foresaw is for a process of its own to judge.
    if (tooMuch && 'artifact' in this.#source) this.#done({ costly: true }, true);
    else this.#done({ refused: workerLost(tooMuch ? 'died' : loss, cause) }, false);
  }
}
