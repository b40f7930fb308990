import type { RunError } from '../../wire/runError.ts';
import { postable } from '../boundary/transfer.ts';
import type { FromWorker } from '../boundary/workerMessages.ts';
import type { ModuleEntry } from './moduleCache.ts';
import { SHORT_MS } from './policy.ts';
import type { PoolTask, TaskLoss } from './poolTask.ts';
import type { PoolWorker } from './poolWorker.ts';
import type { LeaseEnd, RunJob, RunJobOutcome, RunListener } from './runJob.ts';
import { workerLost } from './workerLost.ts';

const NOTHING = new Uint8Array(0);

/** Progress of a run that did not begin. */
const NO_PROGRESS = { fuelUsed: 0, linearMemoryPeak: 0 };

/** One run from submission to outcome. It settles once; whatever comes after is ignored. */
export class RunTask implements PoolTask {
  readonly kind = 'run';
  readonly deadlineMs: number;
  readonly job: RunJob;
  /** Set once its module is ready. */
  entry: ModuleEntry | null = null;
  /** As the module's last run when this one was queued. */
  short = false;
  readonly heavy = false;
  get tenant(): string {
    return this.job.tenant;
  }
  settled = false;
  /** Ends the wait for the module; null while the run does not wait for it. */
  leave: (() => void) | null = null;
  /** The lease ended before the run started. */
  leaseEnd: LeaseEnd | null = null;
  /** Runs of one module take turns with those of others. */
  get group(): number {
    return this.entry?.id ?? 0;
  }

  readonly #listener: RunListener;
  readonly #settle: (outcome: RunJobOutcome) => void;
  #startedAt = 0;

  constructor(job: RunJob, listener: RunListener, settle: (outcome: RunJobOutcome) => void) {
    this.job = job;
    this.deadlineMs = job.timeout_ms;
    this.#listener = listener;
    this.#settle = settle;
  }

  start(worker: PoolWorker): void {
    const { job, entry } = this;
    if (entry === null || !('compiled' in entry.state)) throw new Error(`run ${job.run_id} started without its module`);
    worker.beginRun();
    if (this.leaseEnd !== null) worker.endLease(this.leaseEnd);
    this.#startedAt = performance.now();
    const { known, forget } = worker.remember(entry.id);
    const transfer: ArrayBuffer[] = [];
    worker.post(
      {
        kind: 'run',
        moduleId: entry.id,
        compiled: known ? null : entry.state.compiled,
        forget,
        context: postable(job.context, []),
        input: postable(job.input, transfer),
        fuel: job.fuel,
        seed: job.seed,
        startUnixNanos: job.start_unix_nanos,
        leaseOffset: job.lease?.offset ?? 0,
        leaseBytes: job.lease?.bytes ?? -1,
      },
      transfer,
    );
    this.#listener.running();
  }

  log(text: string): void {
    if (text !== '') this.#listener.log(text);
  }

  answered(answer: FromWorker, worker: PoolWorker): void {
    if (answer.kind !== 'ended') return;
    const { error, output, fuelUsed, linearMemoryPeak, durationUs } = answer.result;
    // A short run may take long on a busy machine. A run of a module whose last run was short is
    // therefore judged by its processor time.
    const taken = this.entry?.short ? answer.cpuUs : durationUs;
    if (this.entry !== null) this.entry.short = taken < SHORT_MS * 1000;
    this.#finish({
      state: error === null ? 'succeeded' : 'failed',
      error,
      output,
      log: worker.endRun(),
      fuel_used: fuelUsed,
      linear_memory_peak: linearMemoryPeak,
      duration_us: durationUs,
      short: this.entry?.short ?? false,
    });
  }

  lost(loss: TaskLoss, worker: PoolWorker | null, cause: string | null): void {
    if (worker !== null && this.entry !== null) this.entry.short = false;
    const duration = worker === null ? 0 : Math.round((performance.now() - this.#startedAt) * 1000);
    const progress = worker?.progress(this.job.fuel) ?? NO_PROGRESS;
    this.#end(this.#errorOf(loss, cause), worker === null ? '' : worker.endRun(), duration, progress);
  }

  /** Ends the run before it started. */
  refuse(error: RunError): void {
    this.#end(error, '', 0, NO_PROGRESS);
  }

  #end(error: RunError, log: string, duration_us: number, progress: typeof NO_PROGRESS): void {
    const state = error.code === 'cancelled' ? 'cancelled' : 'failed';
    const { fuelUsed: fuel_used, linearMemoryPeak: linear_memory_peak } = progress;
    const short = this.entry?.short ?? false;
    this.#finish({ state, error, output: NOTHING, log, fuel_used, linear_memory_peak, duration_us, short });
  }

  #errorOf(loss: TaskLoss, cause: string | null): RunError {
    switch (loss) {
      case 'deadline':
        return { code: 'deadline_exceeded', message: `The run took longer than its ${this.deadlineMs} ms.` };
      case 'cancelled':
        return { code: 'cancelled', message: 'The run was cancelled.' };
      case 'died':
      case 'out_of_memory':
      case 'stopped':
        return workerLost(loss, cause);
    }
  }

  #finish(outcome: RunJobOutcome): void {
    if (this.settled) return;
    this.settled = true;
    this.leave?.();
    this.leave = null;
    this.#settle(outcome);
  }
}
