import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { boundedCommand, type ProcessBounds } from '../../../base/boundedCommand.ts';
import type { MeteredModule } from '../../../wasm/meter/meteredModule.ts';
import { MODULE_LIMITS } from '../../../wasm/read/moduleLimits.ts';
import type { RunError } from '../../wire/runError.ts';
import { FrameReader, frame, jsonFrame, type TrialAnswer, type TrialRequest } from '../boundary/trialMessages.ts';
import { workerPermissions } from './poolWorker.ts';

const MIB = 1024 * 1024;

/**
 * Bounds of a check. They are generous, because a check decides whether a module runs at all: no
 * module that a cell takes is near.
 */
export const CHECK_BOUNDS: ProcessBounds = { memory: 1024 * MIB, cpuMs: 60_000 };

/** Past these a function stays with the baseline compiler, in every run. */
export const OPTIMIZE_BOUNDS: ProcessBounds = { memory: 320 * MIB, cpuMs: 1_500 };

/** Milliseconds of wall clock for each millisecond of processor time: a machine may be busy. */
const WALL_FACTOR = 20;

/** Milliseconds that a process may take to start on a busy machine. */
const START_MS = 10_000;

const METERED_MAX = 4 * MODULE_LIMITS.module;

/** The module ready to be compiled, the reason of its refusal, or a failure of the trial itself. */
export type TrialResult = { metered: MeteredModule } | { refused: RunError } | { failed: string };

/** Tries one module after another, each in processes of its own. */
export class TrialProcess {
  readonly #main: URL;
  readonly #thread: URL;
  readonly #children = new Set<ChildProcess>();
  readonly #bounds: { check: ProcessBounds; optimize: ProcessBounds };
  #stopped = false;

  /** @param urls code of the process and of its thread */
  constructor(
    { main, thread }: { main: URL; thread: URL },
    bounds = { check: CHECK_BOUNDS, optimize: OPTIMIZE_BOUNDS },
  ) {
    this.#main = main;
    this.#thread = thread;
    this.#bounds = bounds;
  }

  /**
   * Checks, meters and compiles a module, then finds the functions that the optimizing compiler can
   * be left with.
   *
   * @param memoryMaxPages most pages of 64 KiB that the module's memory may have
   */
  async try(module: Uint8Array, memoryMaxPages: number): Promise<TrialResult> {
    const answers: TrialAnswer[] = [];
    const blobs: Uint8Array[] = [];
    const request: TrialRequest = { kind: 'check', memoryMaxPages };
    const failure = await this.#run(request, module, this.#bounds.check, (bytes) => {
      if (answers.length === 0) answers.push(JSON.parse(Buffer.from(bytes).toString()));
      else blobs.push(bytes);
    });
    const [answer] = answers;
    if (answer !== undefined && 'refused' in answer) return answer;
    const [bytes, few] = blobs;
    if (answer === undefined || !('metered' in answer) || bytes === undefined || few === undefined) {
      return failure === 'ended' ? { refused: tooCostly(this.#bounds.check) } : { failed: failure };
    }
    const optimized = await this.#optimize(few, answer.functions);
    const baselineOnly = [...answer.functions.keys()].filter(
      (place) => !optimized.has(answer.functions[place] as number),
    );
    return { metered: { ...answer.metered, bytes, baselineOnly } };
  }

  /** Ends what is under way; its result is `failed`. */
  stop(): void {
    this.#stopped = true;
    for (const child of this.#children) child.kill('SIGKILL');
  }

  /**
   * Optimizes the cheapest functions first, so that one that is too much keeps no other from the
   * optimizing compiler.
   */
  async #optimize(module: Uint8Array, functions: readonly number[]): Promise<Set<number>> {
    const optimized = new Set<number>();
    if (functions.length === 0) return optimized;
    await this.#run({ kind: 'optimize', functions: [...functions] }, module, this.#bounds.optimize, (bytes) => {
      const answer: TrialAnswer = JSON.parse(Buffer.from(bytes).toString());
      if ('optimized' in answer) optimized.add(answer.optimized);
    });
    return optimized;
  }

  /** @returns `ended` once the process is gone, or why it could not be used */
  #run(
    request: TrialRequest,
    module: Uint8Array,
    bounds: ProcessBounds,
    onFrame: (bytes: Uint8Array) => void,
  ): Promise<string> {
    if (this.#stopped) return Promise.resolve('the cell is stopping');
    let child: ChildProcess;
    try {
      child = this.#spawn(bounds);
    } catch (error) {
      // The system has no room for one more process now.
      return Promise.resolve(error instanceof Error ? error.message : String(error));
    }
    this.#children.add(child);
    return new Promise((resolve) => {
      let failure = 'ended';
      const fail = (error: Error): void => {
        failure = error.message;
        child.kill('SIGKILL');
      };
      // A process that neither works nor ends would keep its tenant's place.
      // It proves nothing of the module.
      const late = setTimeout(() => fail(new Error('it did not end in time')), START_MS + WALL_FACTOR * bounds.cpuMs);
      late.unref();
      const frames = new FrameReader(METERED_MAX, onFrame);
      child.stdout?.on('data', (chunk: Buffer) => {
        try {
          frames.take(chunk);
        } catch (error) {
          fail(error as Error);
        }
      });
      // It may end before it has read all; what it became of says why.
      child.stdin?.on('error', () => {});
      child.once('error', (error) => {
        failure = error.message;
        if (child.pid !== undefined) return;
        clearTimeout(late);
        this.#children.delete(child);
        resolve(failure);
      });
      child.once('close', () => {
        clearTimeout(late);
        this.#children.delete(child);
        resolve(this.#stopped ? 'the cell is stopping' : failure);
      });
      for (const part of [...jsonFrame(request), ...frame(module)]) child.stdin?.write(part);
    });
  }

  #spawn({ memory, cpuMs }: ProcessBounds): ChildProcess {
    const node = [
      process.execPath,
      ...workerPermissions(this.#main),
      '--allow-worker',
      fileURLToPath(this.#main),
      ...[memory, cpuMs, this.#thread.href].map(String),
    ];
    const [command = '', ...args] = boundedCommand({ memory, cpuMs }, node);
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
      // Inside the editor, the program at execPath is Node only with this variable.
      env: {
        MALLOC_ARENA_MAX: '2',
        ...(process.versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' }),
      },
    });
    if (child.pid !== undefined) lower(child.pid);
    return child;
  }
}

/** Runs go before trials. */
function lower(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It is gone already, or the system does not let us.
  }
}

function tooCostly({ memory, cpuMs }: ProcessBounds): RunError {
  return {
    code: 'module_invalid',
    message: `The module takes more than ${memory / MIB} MiB or ${cpuMs / 1000} s of processor time to be checked and compiled.`,
  };
}
