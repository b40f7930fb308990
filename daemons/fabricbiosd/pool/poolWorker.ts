import { fileURLToPath } from 'node:url';
import { type Transferable, Worker } from 'node:worker_threads';
import { DEPTH_MAX, FRAME_UNIT, fuelLeft } from '../../../wasm/meter/balance.ts';
import { PAGE_BYTES } from '../../../wasm/read/pages.ts';
import { HOST_STATUS } from '../boundary/hostStatus.ts';
import { CELL, newControlBuffer, type SharedControl, sharedControl } from '../boundary/sharedControl.ts';
import type { FromWorker, ToWorker, WorkerData } from '../boundary/workerMessages.ts';
import type { LeaseEnd } from './runJob.ts';

/** Most modules a worker remembers by itself; beyond, the one not used longest is forgotten. */
const MODULES_REMEMBERED = 32;

/**
 * Four times the weight that the meter allows for the frames of a run (wasm/meter/frameWeight.ts),
 * so that the meter's bound is the one that counts. The unused part takes no memory.
 */
export const STACK_MIB = (4 * DEPTH_MAX * FRAME_UNIT) / (1024 * 1024);

/**
 * JavaScript heap of a worker, MiB. Compiling needs it, runs hardly do. Linear memories and outputs
 * do not count towards it.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8, stackSizeMb: STACK_MIB };

const LOG_INTERVAL_MS = 25;

const STATUS_OF: Record<LeaseEnd, number> = {
  expired: HOST_STATUS.leaseExpired,
  fenced: HOST_STATUS.fenced,
  revoked: HOST_STATUS.revoked,
};

/**
 * Longest wait for a copy to or from fabric memory that has begun, milliseconds. Only a worker that
 * is being ended could take longer.
 */
const COPY_DEADLINE_MS = 1_000;

export interface PoolWorkerEvents {
  /** Everything but `log`. */
  message(message: FromWorker): void;
  log(text: string): void;
  /** The worker is gone; `cause` when it ended by itself. */
  exit(cause: string | null): void;
}

/** One worker thread, the memory shared with it, and what it remembers. */
export class PoolWorker {
  readonly name: string;
  readonly #worker: Worker;
  readonly #control: SharedControl;
  readonly #remembered = new Map<number, true>();
  #logTimer: NodeJS.Timeout | null = null;
  #logRead = 0;
  #cause: string | null = null;

  constructor(url: URL, memPool: SharedArrayBuffer, name: string, events: PoolWorkerEvents) {
    this.name = name;
    const control = newControlBuffer();
    this.#control = sharedControl(control);
    const workerData: WorkerData = { memPool, control };
    this.#worker = new Worker(url, {
      name,
      workerData,
      env: {},
      argv: [],
      execArgv: workerPermissions(url),
      stdin: false,
      stdout: true,
      stderr: true,
      trackUnmanagedFds: true,
      resourceLimits: RESOURCE_LIMITS,
    });
    // Nothing there may reach the daemon's own streams. The last words of a dying worker come with
    // its error.
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on('message', (message: FromWorker) => {
      if (message.kind === 'log') this.#logTimer ??= setTimeout(() => events.log(this.#newLog()), LOG_INTERVAL_MS);
      else events.message(message);
    });
    this.#worker.on('messageerror', (error) => {
      this.#cause = `its message cannot be read: ${error.message}`;
      this.end();
    });
    this.#worker.on('error', (error: unknown) => {
      this.#cause = error instanceof Error ? error.message : String(error);
    });
    this.#worker.on('exit', (code) => {
      if (this.#logTimer !== null) clearTimeout(this.#logTimer);
      this.#logTimer = null;
      events.exit(this.#cause ?? (code === 0 ? null : `it ended with code ${code}`));
    });
  }

  post(message: ToWorker, transfer?: Transferable[]): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Stops whatever runs, within milliseconds; `exit` follows. */
  end(): void {
    // Its promise settles after 'exit', which is what counts.
    void this.#worker.terminate();
  }

  /**
   * Notes that the worker will know the module.
   * @returns whether it knows it already, and the module it must forget for it (0 for none)
   */
  remember(moduleId: number): { known: boolean; forget: number } {
    const known = this.#remembered.delete(moduleId);
    this.#remembered.set(moduleId, true);
    if (this.#remembered.size <= MODULES_REMEMBERED) return { known, forget: 0 };
    const [oldest = 0] = this.#remembered.keys();
    this.#remembered.delete(oldest);
    return { known, forget: oldest };
  }

  /** To be called before each run: its log starts empty and its lease holds. */
  beginRun(): void {
    const { cells } = this.#control;
    for (const cell of Object.values(CELL)) Atomics.store(cells, cell, 0);
    this.#logRead = 0;
  }

  /** Fuel used and bytes of linear memory at the run's last report ({@link SharedControl}). */
  progress(fuel: number): { fuelUsed: number; linearMemoryPeak: number } {
    const pages = Atomics.load(this.#control.cells, CELL.memoryPages);
    if (pages === 0) return { fuelUsed: 0, linearMemoryPeak: 0 };
    const fuelUsed = fuel - fuelLeft(this.#control.balance[0] ?? 0n);
    return { fuelUsed: Math.min(Math.max(fuelUsed, 0), fuel), linearMemoryPeak: pages * PAGE_BYTES };
  }

  /** All of the log of the run that ended. No `log` event comes any more for what it holds. */
  endRun(): string {
    this.#newLog();
    return this.#logText(0, this.#logRead);
  }

  /**
   * Takes the fabric memory from the run.
   *
   * After this returns, the run gets the status instead of the memory. Only a run that is being
   * ended can still be inside a copy, and it is gone when its outcome arrives.
   */
  endLease(why: LeaseEnd): void {
    const { cells } = this.#control;
    Atomics.store(cells, CELL.leaseStatus, STATUS_OF[why]);
    const deadline = performance.now() + COPY_DEADLINE_MS;
    while (Atomics.load(cells, CELL.leaseBusy) === 1 && performance.now() < deadline) {
      Atomics.wait(cells, CELL.leaseBusy, 1, 1);
    }
  }

  /** The part of the log that was written since the last call. */
  #newLog(): string {
    if (this.#logTimer !== null) clearTimeout(this.#logTimer);
    this.#logTimer = null;
    const { cells } = this.#control;
    // This happens before the length is read: a line that comes in between is reported again rather
    // than missed.
    Atomics.store(cells, CELL.logNotified, 0);
    const to = Atomics.load(cells, CELL.logLength);
    const text = this.#logText(this.#logRead, to);
    this.#logRead = to;
    return text;
  }

  #logText(from: number, to: number): string {
    const { log } = this.#control;
    return to === from ? '' : Buffer.from(log.buffer, log.byteOffset + from, to - from).toString('utf8');
  }
}

/**
 * Arguments for Node's permission model.
 *
 * The only grant is to read the worker's own code, which is public: the folder of the bundles, or
 * the sources. A worker does not inherit the daemon's permissions.
 */
export function workerPermissions(worker: URL): string[] {
  const code = worker.pathname.endsWith('.ts') ? new URL('../../..', import.meta.url) : new URL('.', worker);
  return ['--permission', `--allow-fs-read=${fileURLToPath(code)}`];
}
