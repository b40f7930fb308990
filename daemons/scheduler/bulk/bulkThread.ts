import { Worker } from 'node:worker_threads';
import { codeUrl } from '../../kit/codeUrl.ts';
import { lowerPriority } from '../../kit/lowerPriority.ts';
import { RefusedError } from '../refused.ts';
import type { BulkAnswer, BulkTask, LargeSubmit } from './bulkMessages.ts';

export interface BulkThread {
  /**
   * The JSON of a file, on one line; null when the file holds none.
   * @throws {RefusedError} not_found when the file is gone
   */
  jsonLine(path: string): Promise<Uint8Array | null>;
  /**
   * Takes a submit's body apart; its buffer is moved.
   * @throws {RefusedError} bad_request, body_too_large
   */
  largeSubmit(body: Uint8Array): Promise<LargeSubmit>;
  stop(): Promise<void>;
}

/**
 * JavaScript heap of the worker, MiB: three times the size of the most wasteful JSON of 16 MiB once
 * it is read.
 */
const HEAP_MIB = 1024;
const IDLE_MS = 10_000;
const NAME = 'grafos-bulk';

interface Waiting {
  task: BulkTask;
  resolve(answer: BulkAnswer): void;
  /** The worker ended over this task. */
  lost(cause: unknown): void;
}

/**
 * One worker thread for the work on large inputs and outputs, one task after another, with a low
 * priority where the system has that.
 *
 * It starts with the first task, and ends after a while without any.
 */
export function createBulkThread(): BulkThread {
  const queue: Waiting[] = [];
  let worker: Worker | undefined;
  let current: Waiting | undefined;
  let idle: NodeJS.Timeout | undefined;
  let isStopped = false;

  const next = (): void => {
    if (current !== undefined || isStopped) return;
    current = queue.shift();
    if (current === undefined) {
      idle = setTimeout(() => {
        const ended = worker;
        worker = undefined;
        void ended?.terminate();
      }, IDLE_MS);
      idle.unref();
      return;
    }
    clearTimeout(idle);
    worker ??= start();
    worker.ref();
    const { task } = current;
    worker.postMessage(task, task.kind === 'submit' ? [task.body.buffer as ArrayBuffer] : []);
  };

  const start = (): Worker => {
    const started = new Worker(codeUrl(import.meta.url, './bulkWorker.ts'), {
      name: NAME,
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    let cause: unknown;
    started.once('online', () => lowerPriority(NAME));
    started.on('message', (answer: BulkAnswer) => {
      const done = current;
      current = undefined;
      started.unref();
      done?.resolve(answer);
      next();
    });
    started.on('error', (error) => {
      cause = error;
    });
    started.on('exit', () => {
      if (worker !== started) return;
      worker = undefined;
      const over = current;
      current = undefined;
      over?.lost(cause);
      next();
    });
    return started;
  };

  const ask = (task: BulkTask): Promise<BulkAnswer> =>
    new Promise((resolve, reject) => {
      if (isStopped)
        reject(new RefusedError('shutting_down', 'The scheduler is stopping.', 'Try again once it is back.'));
      else {
        queue.push({ task, resolve, lost: (cause) => reject(new Error('the bulk worker ended', { cause })) });
        next();
      }
    });

  return {
    jsonLine: async (path) => {
      const answer = await ask({ kind: 'json', path });
      if (answer.kind === 'json') return answer.text;
      throw unexpected(answer);
    },
    largeSubmit: async (body) => {
      const answer = await ask({ kind: 'submit', body });
      if (answer.kind === 'submit') return answer.submit;
      throw unexpected(answer);
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(idle);
      for (const { lost } of queue.splice(0)) lost(new Error('the scheduler is stopping'));
      await worker?.terminate();
    },
  };
}

function unexpected(answer: BulkAnswer): Error {
  return answer.kind === 'refused'
    ? new RefusedError(answer.reason, answer.message)
    : new Error(`the bulk worker answered with ${answer.kind}`);
}
