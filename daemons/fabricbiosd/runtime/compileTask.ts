import type { MeteredModule } from '../../../wasm/meter.ts';
import type { PoolWorker } from './poolWorker.ts';
import { postable } from './transfer.ts';
import { workerLost } from './workerLost.ts';
import type { CompileResult, FromWorker } from './workerMessages.ts';
import type { PoolTask, TaskLoss } from './workerPool.ts';

const COMPILE_DEADLINE_MS = 20_000;

/** To check, rewrite and compile as much takes tens of milliseconds. */
const HEAVY_BYTES = 512 * 1024;

/** Makes a module ready in a worker. `lasting` is false when the fault was the cell's and the next run should try again. */
export class CompileTask implements PoolTask {
  readonly kind = 'compile';
  readonly quick = false;
  readonly heavy: boolean;
  readonly group = 0;
  readonly deadlineMs = COMPILE_DEADLINE_MS;
  private readonly bytes: Uint8Array;
  private readonly memoryMaxPages: number;
  private readonly metered: MeteredModule | null;
  private readonly done: (result: CompileResult, lasting: boolean) => void;

  constructor(
    bytes: Uint8Array,
    memoryMaxPages: number,
    metered: MeteredModule | null,
    done: (result: CompileResult, lasting: boolean) => void,
  ) {
    this.bytes = bytes;
    this.heavy = bytes.length >= HEAVY_BYTES;
    this.memoryMaxPages = memoryMaxPages;
    this.metered = metered;
    this.done = done;
  }

  start(worker: PoolWorker): void {
    // Copied, never moved: the artifact stays with main.
    const { metered, memoryMaxPages } = this;
    const bytes = metered === null ? postable(this.bytes, []) : new Uint8Array();
    worker.post({ kind: 'compile', bytes, memoryMaxPages, metered });
  }

  log(): void {}

  answered(answer: FromWorker): void {
    if (answer.kind === 'compiled') this.done(answer.result, true);
  }

  lost(loss: TaskLoss, _worker: PoolWorker | null, cause: string | null): void {
    switch (loss) {
      case 'deadline':
        this.done(
          {
            refused: {
              code: 'module_invalid',
              message: `The module takes longer than ${COMPILE_DEADLINE_MS / 1000} s to be checked and compiled.`,
            },
          },
          true,
        );
        break;
      case 'out_of_memory':
        this.done(
          {
            refused: {
              code: 'module_invalid',
              message: 'The module takes more memory to be checked than a cell gives.',
            },
          },
          true,
        );
        break;
      case 'died':
      case 'cancelled':
      case 'stopped':
        this.done({ refused: workerLost(loss, cause) }, false);
    }
  }
}
