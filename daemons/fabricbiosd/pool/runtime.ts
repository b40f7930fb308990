import { GrafosError } from '../../../base/grafosError.ts';
import { LIMITS } from '../../../base/limits.ts';
import { sha256InTurns } from '../../../base/sha256InTurns.ts';
import type { MeteredModule } from '../../../wasm/meter/meteredModule.ts';
import { SMALL_MODULE } from '../../../wasm/read/compileCost.ts';
import { PAGE_BYTES, PAGES_MAX } from '../../../wasm/read/pages.ts';
import type { DaemonLog } from '../../kit/daemonLog.ts';
import type { FabricErrorCode } from '../../wire/fabricControl.ts';
import type { RunError } from '../../wire/runError.ts';
import { setEngineFlags } from '../boundary/engineFlags.ts';
import type { CompileResult } from '../boundary/workerMessages.ts';
import { type CompileDone, type CompileSource, CompileTask } from './compileTask.ts';
import { MeteredStore, STORED_FROM_BYTES } from './meteredStore.ts';
import { ModuleCache, type ModuleEntry } from './moduleCache.ts';
import type { LeaseEnd, RunJob, RunJobOutcome, RunListener } from './runJob.ts';
import { RunTask } from './runTask.ts';
import { TenantQueue } from './tenantQueue.ts';
import { TrialProcess, type TrialResult } from './trialProcess.ts';
import { TypeBudget } from './typeBudget.ts';
import { typesMet } from './typesMet.ts';
import { workerLost } from './workerLost.ts';
import { WorkerPool } from './workerPool.ts';

/** Trials at one time. */
const TRIALS_MAX = 2;
/** Stored modules that are read at one time. */
const READS_MAX = 2;

export interface RuntimeOptions {
  /**
   * Most worker threads, those of long tasks aside. The first starts at once, others when tasks
   * wait.
   */
  workers: number;
  /** The cell's fabric memory, of which runs get windows; 0 bytes = the cell has no memory unit. */
  memPool: SharedArrayBuffer;
  /** Entry point of a worker: runWorker.ts, or its bundle. */
  workerUrl: URL;
  /**
   * Entry points of a trial process and of its thread: trialMain.ts and trialThread.ts, or their
   * bundles.
   */
  trialUrls: { main: URL; thread: URL };
  log: DaemonLog;
  /** Where metered modules are kept for the next start; nowhere unless given. */
  meteredFolder?: string | undefined;
  /** Runs after which a worker is replaced in the background; by default 20 000. */
  runsPerWorker?: number | undefined;
}

export interface RuntimeStats {
  workers: number;
  workers_started: number;
  /** Workers that ended by themselves. */
  workers_lost: number;
  /** Workers replaced because of their age. */
  workers_recycled: number;
  runs_active: number;
  runs_queued: number;
  runs_ended: number;
  modules: number;
  module_bytes: number;
  /** Modules ready to run and refusals remembered. */
  modules_compiled: number;
  metered_bytes: number;
}

export interface Runtime {
  /**
   * Keeps an artifact. Above 128 MiB the least recently used are dropped. The bytes must not be
   * changed afterwards.
   *
   * @throws {GrafosError} module_hash_mismatch, module_too_large, shutting_down
   */
  putModule(sha256: string, bytes: Uint8Array): Promise<void>;
  hasModule(sha256: string): boolean;
  /**
   * Runs a job. The outcome reports every behaviour of the tasklet and every fault of its module.
   * After the outcome, the run touches neither its lease nor anything else.
   *
   * @throws {GrafosError} module_unknown, run_id_in_use, bad_request, shutting_down
   */
  submit(job: RunJob, on: RunListener): Promise<RunJobOutcome>;
  /** Ends a run, waiting or running; false when no such run is under way. */
  cancel(runId: string): boolean;
  /**
   * Takes the fabric memory from a run. After this returns, the calls of the run get LeaseExpired,
   * Fenced or Revoked instead of the memory. A run that has not started yet never gets the memory.
   *
   * @returns false when the run is not under way
   */
  endLease(runId: string, why: LeaseEnd): boolean;
  stats(): RuntimeStats;
  /** Ends all workers; runs under way end as `worker_lost`. */
  stop(): Promise<void>;
}

export function createRuntime(options: RuntimeOptions): Runtime {
  return new WorkerRuntime(options);
}

/** A module that runs of a tenant wait for. */
interface ModuleAsked {
  sha256: string;
  /** Most pages of 64 KiB that its memory may have. */
  pages: number;
  artifact: Uint8Array;
  tenant: string;
  /** Aborted when no run of the tenant waits for the module any more. */
  signal: AbortSignal;
}

class WorkerRuntime implements Runtime {
  readonly #pool: WorkerPool;
  readonly #cache = new ModuleCache();
  readonly #runs = new Map<string, RunTask>();
  readonly #memPool: SharedArrayBuffer;
  readonly #log: DaemonLog;
  readonly #store: MeteredStore | null;
  readonly #types = new TypeBudget();
  /** Artifacts whose types are counted. */
  readonly #counted = new WeakSet<Uint8Array>();
  /** Reads of stored modules, which are as large as the modules. */
  readonly #reads = new TenantQueue<MeteredModule | null>(READS_MAX);
  readonly #trials = new TenantQueue<TrialResult>(TRIALS_MAX);
  /**
   * Modules with functions that are kept from the optimizing compiler.
   *
   * One at a time, because V8's tiering is off for the whole process meanwhile.
   */
  readonly #untiered = new TenantQueue<void>(1);
  readonly #trialProcess: TrialProcess;
  #ended = 0;
  #stopping: Promise<void> | null = null;

  constructor({ workers, memPool, workerUrl, trialUrls, log, meteredFolder, runsPerWorker = 20_000 }: RuntimeOptions) {
    this.#trialProcess = new TrialProcess(trialUrls);
    this.#store = meteredFolder === undefined ? null : new MeteredStore(meteredFolder, workerUrl);
    this.#memPool = memPool;
    this.#log = log;
    setEngineFlags();
    this.#pool = new WorkerPool({ size: workers, url: workerUrl, memPool, log, runsPerWorker });
  }

  async putModule(sha256: string, bytes: Uint8Array): Promise<void> {
    this.#refuseWhenStopping();
    if (bytes.length > LIMITS.module) {
      throw refused('module_too_large', `The module has ${bytes.length} bytes; at most ${LIMITS.module} are taken.`);
    }
    const actual = await sha256InTurns(bytes);
    if (actual !== sha256) {
      throw refused('module_hash_mismatch', `The module's bytes have the SHA-256 ${actual}, not ${sha256}.`);
    }
    this.#cache.put(sha256, bytes);
  }

  hasModule(sha256: string): boolean {
    return this.#cache.has(sha256);
  }

  async submit(job: RunJob, on: RunListener): Promise<RunJobOutcome> {
    this.#refuseWhenStopping();
    checkJob(job, this.#memPool.byteLength);
    if (this.#runs.has(job.run_id)) throw refused('run_id_in_use', `A run "${job.run_id}" is under way already.`);
    const pages = Math.min(PAGES_MAX, Math.floor(job.linear_memory_bytes / PAGE_BYTES));
    const artifact = this.#cache.artifact(job.module_sha256);
    if (artifact === undefined) {
      throw refused('module_unknown', `The cell does not hold the module ${job.module_sha256}.`, 'Upload it first.');
    }
    return new Promise((resolve) => {
      const task = new RunTask(job, this.#guarded(on), (outcome) => {
        this.#runs.delete(job.run_id);
        this.#ended++;
        resolve(outcome);
      });
      this.#runs.set(job.run_id, task);
      const entry = this.#cache.entry(job.module_sha256, pages) ?? this.#cache.open(job.module_sha256, pages);
      this.#whenReady(entry, task, { sha256: job.module_sha256, pages, artifact });
    });
  }

  cancel(runId: string): boolean {
    const task = this.#runs.get(runId);
    if (task === undefined) return false;
    if (this.#pool.cancel(task)) return true;
    // Its worker is being ended already, or it still waits for its module.
    if (this.#pool.workerOf(task) !== undefined) return false;
    task.refuse({ code: 'cancelled', message: 'The run was cancelled.' });
    return true;
  }

  endLease(runId: string, why: LeaseEnd): boolean {
    const task = this.#runs.get(runId);
    if (task === undefined) return false;
    const worker = this.#pool.workerOf(task);
    if (worker === undefined) task.leaseEnd = why;
    else worker.endLease(why);
    return true;
  }

  stats(): RuntimeStats {
    const pool = this.#pool;
    const cache = this.#cache;
    return {
      workers: pool.workers,
      workers_started: pool.stats.started,
      workers_lost: pool.stats.lost,
      workers_recycled: pool.stats.recycled,
      runs_active: pool.running,
      runs_queued: pool.queued,
      runs_ended: this.#ended,
      modules: cache.modules,
      module_bytes: cache.artifactBytes,
      modules_compiled: cache.compiled,
      metered_bytes: cache.meteredBytes,
    };
  }

  stop(): Promise<void> {
    this.#trialProcess.stop();
    this.#stopping ??= this.#pool.stop().then(() => {
      for (const task of this.#runs.values()) task.refuse(workerLost('stopped', null));
    });
    return this.#stopping;
  }

  /** Makes a module ready for the runs of a tenant that wait for it, and so for all. */
  async #prepare(module: ModuleAsked): Promise<void> {
    const { sha256, pages, artifact, tenant, signal } = module;
    const full = this.#types.refusal(tenant);
    if (full !== null) return this.#cache.refuse(sha256, pages, tenant, full);
    // Counted before the module waits: many that come at one time must not all find room.
    if (!this.#counted.has(artifact)) this.#types.add(tenant, typesMet(artifact));
    this.#counted.add(artifact);
    // A larger module is not small, which a worker need not find out first.
    if (artifact.length > SMALL_MODULE.bytes) return this.#tryFirst(module);
    const isKept = artifact.length >= STORED_FROM_BYTES;
    if (isKept && (await this.#compileStored(module))) return;
    if (signal.aborted) return;
    this.#compile(module, { artifact, memoryMaxPages: pages }, (answer, lasting) => {
      if ('costly' in answer) void this.#tryFirst(module);
      else this.#settle(module, answer, lasting);
      if (isKept && 'compiled' in answer) this.#keep(sha256, pages, answer.compiled.metered);
    });
  }

  /** Makes a costly module ready, from the store or after a trial. */
  async #tryFirst(module: ModuleAsked): Promise<void> {
    const { sha256, pages, artifact, tenant, signal } = module;
    if (await this.#compileStored(module)) return;
    const result = await this.#trials.run(tenant, () => this.#trialProcess.try(artifact, pages), signal);
    if (result === undefined) return;
    if ('refused' in result) {
      this.#settle(module, result, true);
    } else if ('failed' in result) {
      this.#log.warn(`a module could not be tried: ${result.failed}`);
      const lost = workerLost(this.#stopping === null ? 'died' : 'stopped', result.failed);
      this.#settle(module, { refused: lost }, false);
    } else {
      this.#keep(sha256, pages, result.metered);
      this.#compileMetered(result.metered, module);
    }
  }

  /**
   * Compiles a module as the store has it.
   *
   * @returns false where the store does not have it
   */
  async #compileStored(module: ModuleAsked): Promise<boolean> {
    const store = this.#store;
    if (store === null) return false;
    const { sha256, pages, tenant, signal } = module;
    const stored = await this.#reads.run(tenant, () => store.read(sha256, pages), signal);
    if (stored) this.#compileMetered(stored, module);
    return Boolean(stored);
  }

  #keep(sha256: string, pages: number, metered: MeteredModule): void {
    this.#store?.write(sha256, pages, metered).catch((error: unknown) => {
      this.#log.warn(`a metered module could not be kept: ${error instanceof Error ? error.message : error}`);
    });
  }

  #compileMetered(metered: MeteredModule, module: ModuleAsked): void {
    const compile = () =>
      new Promise<void>((resolve) => {
        const done: CompileDone = (answer, lasting) => {
          if (!('costly' in answer)) this.#settle(module, answer, lasting);
          resolve();
        };
        this.#compile(module, { metered }, done, resolve);
      });
    if (metered.baselineOnly.length === 0) void compile();
    else void this.#untiered.run(module.tenant, compile, module.signal);
  }

  /**
   * Has a worker compile a module.
   *
   * @param withdrawn called instead of `done` when no run waits before a worker begins
   */
  #compile(
    { tenant, signal }: ModuleAsked,
    source: CompileSource,
    done: CompileDone,
    withdrawn: () => void = () => {},
  ): void {
    if (signal.aborted) {
      withdrawn();
      return;
    }
    const task = new CompileTask(tenant, source, done);
    signal.addEventListener('abort', () => this.#pool.withdraw(task) && withdrawn(), { once: true });
    this.#pool.add(task);
  }

  /** Gives a module's result to the runs that wait for it. One that is not lasting is forgotten. */
  #settle({ sha256, pages, signal }: ModuleAsked, result: CompileResult, lasting: boolean): void {
    // Runs that came later have work of their own.
    if (!signal.aborted) this.#cache.settle(sha256, pages, result, lasting);
  }

  #whenReady(entry: ModuleEntry, task: RunTask, module: Omit<ModuleAsked, 'tenant' | 'signal'>): void {
    const { state } = entry;
    if (task.settled) return;
    if ('byTenant' in state) {
      const { tenant } = task;
      const waiter = (refused: RunError | null) => {
        task.leave = null;
        if (refused === null) this.#whenReady(entry, task, module);
        else task.refuse(refused);
      };
      task.leave = () => this.#cache.leave(module.sha256, module.pages, tenant, waiter);
      const signal = this.#cache.wait(entry, tenant, waiter);
      if (signal !== null) void this.#prepare({ ...module, tenant, signal });
    } else if ('refused' in state) task.refuse(state.refused);
    else if (this.#stopping === null) {
      task.entry = entry;
      task.short = entry.short;
      this.#pool.add(task);
    }
  }

  #refuseWhenStopping(): void {
    if (this.#stopping !== null) throw refused('shutting_down', 'The cell is stopping.');
  }

  /** A listener that throws must not keep the run from its outcome. */
  #guarded(on: RunListener): RunListener {
    const safely = (call: () => void) => {
      try {
        call();
      } catch (error) {
        this.#log.error(`a run's listener failed: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    return { running: () => safely(() => on.running()), log: (text) => safely(() => on.log(text)) };
  }
}

function refused(code: FabricErrorCode, message: string, next?: string): GrafosError {
  return new GrafosError(code, message, next === undefined ? {} : { next });
}

/** @throws {GrafosError} bad_request */
function checkJob(job: RunJob, poolBytes: number): void {
  const { lease } = job;
  const whole = (value: number, min: number, max: number) =>
    Number.isSafeInteger(value) && value >= min && value <= max;
  const checks: ReadonlyArray<readonly [field: string, fits: boolean]> = [
    ['fuel', whole(job.fuel, 0, LIMITS.fuelMax)],
    ['linear_memory_bytes', whole(job.linear_memory_bytes, 0, Number.MAX_SAFE_INTEGER)],
    ['timeout_ms', whole(job.timeout_ms, 1, LIMITS.timeoutMsMax)],
    ['seed', /^[0-9a-f]{64}$/.test(job.seed)],
    ['start_unix_nanos', /^\d{1,19}$/.test(job.start_unix_nanos)],
    ['input', job.input.length <= LIMITS.input],
    ['lease', lease === null || (whole(lease.offset, 0, poolBytes) && whole(lease.bytes, 0, poolBytes - lease.offset))],
  ];
  for (const [field, fits] of checks)
    if (!fits) throw refused('bad_request', `The run's ${field} is out of its bounds.`);
}
