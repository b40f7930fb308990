import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { GrafosError } from '../../base/grafosError.ts';
import { packageRoot } from '../../base/packageRoot.ts';
import { cellAnswerInvalid } from '../../daemons/tenant/cellAnswerInvalid.ts';
import type { ApiAnswer, ApiRequest, SchedulerConnection } from '../../daemons/tenant/schedulerConnection.ts';
import { refusalOf } from '../../daemons/tenant/schedulerErrors.ts';
import { daemonEnvironment } from './spawnDaemon.ts';

const LINE_FEED = 0x0a;

/**
 * Opens a connection to the store of a stopped stack. A process reads the store, and ends with
 * {@link SchedulerConnection.close}. A request that is no GET is refused as without a stack.
 *
 * @param dir folder of the store
 */
export function openStoreConnection(dir: string, signal: AbortSignal): SchedulerConnection {
  const entry = join(packageRoot, 'dist', 'daemons', 'storeReader.js');
  if (!existsSync(entry)) {
    throw new GrafosError('installation_incomplete', `The store reader is not built: ${entry} is missing.`, {
      next: 'Run `npm run build` in the folder of grafos.',
    });
  }
  const child = spawn(process.execPath, [entry, dir], {
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
    env: daemonEnvironment(),
    signal,
  });
  // A missing answer reports the end of the process.
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  const answers = new StoreAnswers(dir, child.stdout);
  const ready = answers.line().then((line) => {
    if (line !== 'ready') throw startError(line);
  });
  ready.catch(() => {});
  let last: Promise<unknown> = ready;

  const ask = async (request: ApiRequest, most: number): Promise<ApiAnswer> => {
    if (request.method !== 'GET') throw notRunning();
    const before = last;
    const mine = (async () => {
      // One request at a time: the reader answers in order.
      await before.catch(() => {});
      await ready;
      return exchange(child.stdin, answers, request.path, most, dir);
    })();
    last = mine;
    return mine;
  };
  return {
    subject: 'admin/reader',
    setAudience: () => {},
    mint() {
      throw notRunning();
    },
    call: ask,
    stream: async function* (request) {
      yield (await ask(request, Number.POSITIVE_INFINITY)).bytes;
    },
    close: () => end(child),
  };
}

async function exchange(
  stdin: Writable,
  answers: StoreAnswers,
  path: string,
  most: number,
  dir: string,
): Promise<ApiAnswer> {
  stdin.write(`${path}\n`);
  const [status = 0, size = 0] = (await answers.line()).split(' ').map(Number);
  const bytes = await answers.bytes(size);
  if (bytes.length > most)
    throw cellAnswerInvalid(dir, `its answer is longer than the ${most} bytes that may come here`);
  if (status !== 200) throw refusalOf(dir, status, bytes);
  return { status, bytes };
}

/** Splits the reader's standard output into lines and bytes. */
class StoreAnswers {
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #dir: string;
  #rest: Buffer = Buffer.alloc(0);

  constructor(dir: string, stdout: Readable) {
    this.#dir = dir;
    this.#pieces = stdout[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(LINE_FEED);
      if (end >= 0) return this.#take(end + 1).toString('utf8', 0, end);
      this.#rest = Buffer.concat([this.#rest, await this.#next()]);
    }
  }

  async bytes(size: number): Promise<Buffer> {
    const pieces = [this.#take(Math.min(size, this.#rest.length))];
    for (let left = size - (pieces[0]?.length ?? 0); left > 0; ) {
      const piece = await this.#next();
      pieces.push(piece.subarray(0, left));
      this.#rest = piece.subarray(left);
      left -= Math.min(left, piece.length);
    }
    return Buffer.concat(pieces);
  }

  #take(size: number): Buffer {
    const taken = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    return taken;
  }

  async #next(): Promise<Buffer> {
    const { value, done } = await this.#pieces.next();
    if (!done) return value;
    throw new GrafosError('store_unusable', `The store in ${this.#dir} could not be read.`, {
      why: 'The process that reads it ended.',
      next: 'Start the stack, which checks it: grafos dev up',
    });
  }
}

function startError(line: string): GrafosError {
  const { kind, code, message, why, next } = JSON.parse(line) as Pick<
    GrafosError,
    'kind' | 'code' | 'message' | 'why' | 'next'
  >;
  return new GrafosError(code, message, {
    kind,
    ...(why === undefined ? {} : { why }),
    ...(next === undefined ? {} : { next }),
  });
}

function notRunning(): GrafosError {
  return new GrafosError('runtime_not_ready', 'The local stack does not run.', {
    why: 'Its runs can be looked at meanwhile, and nothing more.',
    next: 'Start it: grafos dev up',
  });
}

function end(child: ChildProcess): void {
  child.stdin?.end();
  child.stdout?.destroy();
  child.unref();
}
