import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { packageRoot } from '../../base/packageRoot.ts';
import { processStart } from '../../base/processIdentity.ts';
import { cutText } from '../../base/text/cutText.ts';
import type { FailedLine, ReadyLine } from '../../daemons/wire/daemonLines.ts';
import type { DaemonName, DaemonState } from '../../daemons/wire/devState.ts';

/** Time that a daemon may take to say that it is ready, milliseconds. */
const READY_MS = 15_000;
/** Characters of a daemon's log that are kept for the error of its start. */
const WORDS_KEPT = 4096;

/**
 * Flags for the garbage collection of the daemons (docs/adr/0022-small-heaps.md). Their heaps are
 * small, and most objects live for the milliseconds of a request.
 *
 * - One thread collects. V8's helpers work beside the main thread, which then waits for them. On a
 *   machine with all its processors busy, by a tasklet for instance, they get none for tens of
 *   milliseconds, and all runs of a cell wait that long.
 * - New objects have twice 8 MiB, where V8 takes up to twice 64 by the size of the machine: a
 *   hundred MiB less, and pauses of 2 ms instead of 6. That is for the main thread; workers have
 *   bounds of their own (daemonLifetime.ts).
 * - The whole heap is collected at three times its live size, not 1.6 times. A collection stops a
 *   cell for 8 ms, and a busy one did it three times in two seconds.
 */
const ENGINE_OPTIONS = ['--single-threaded-gc', '--max-semi-space-size=8', '--heap-growing-percent=200'];

/** A daemon that we started and that ends with us until {@link keep}. */
export interface SpawnedDaemon<Facts> {
  /**
   * The facts of its ready line.
   *
   * @throws {GrafosError} when it fails, exits, or stays silent
   */
  ready: Promise<Facts>;
  /**
   * Hears a fact that it says after it is ready.
   *
   * @throws {GrafosError} daemon_exited
   */
  hear(key: string): Promise<string>;
  /** Tells it a fact it waits for, `key value`, over its lifeline. */
  tell(key: string, value: string): void;
  /**
   * Asks it over its lifeline, once it is ready. The same question asked meanwhile is one question.
   *
   * @throws {GrafosError} daemon_exited
   */
  ask(name: string): Promise<string>;
  /** Undefined when it could not be started. */
  pid: number | undefined;
  /** Resolves with how it ended: a signal, or an exit code. */
  ended: Promise<string>;
  /** Lets it live on without us. */
  keep(): Promise<void>;
  state(): Promise<DaemonState>;
  /** Program and arguments it was started with. */
  command: readonly string[];
  /** Ends it and resolves when it is gone. */
  end(): Promise<void>;
}

/** Where the log of a daemon goes that has no file of its own: line by line to its parent. */
export interface LogLines {
  /** Absolute path of its working folder. */
  folder: string;
  onLine(line: string): void;
}

/**
 * Starts a daemon with its log in the folder of `log`, which is its working folder too. The log of
 * the start before is kept as `<name>.previous.log`.
 *
 * @param log absolute path of the file, or what takes the lines
 * @throws {GrafosError} installation_incomplete, state_unsafe
 * @throws an error of the file system
 */
export function spawnDaemon<Facts>(name: DaemonName, args: string[], log: string | LogLines): SpawnedDaemon<Facts> {
  const argv = [...ENGINE_OPTIONS, daemonEntry(name), ...args, '--lifeline'];
  const start = (cwd: string, stderr: number | 'pipe'): ChildProcess =>
    spawn(process.execPath, argv, {
      stdio: ['pipe', 'pipe', stderr],
      // A group of its own: Ctrl-C in the terminal is for `dev up`, which then undoes what it
      // started.
      detached: true,
      windowsHide: true,
      cwd,
      env: daemonEnvironment(),
    });
  const child = typeof log === 'string' ? startWithFile(log, start) : startWithLines(log, start);
  const words = typeof log === 'string' ? () => lastLines(log) : lastWords(child);
  // Undefined, all three, when it could not be started: then `ready` says why.
  const stdin: Writable | null | undefined = child.stdin;
  const stdout: Readable | null | undefined = child.stdout;
  const { pid } = child;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // A daemon that died is reported through `ready`. Writing to it must not throw besides.
  stdin?.on('error', () => {});
  const started = pid === undefined ? Promise.resolve(undefined) : processStart(pid);
  const { ready, hear, ask } = readDaemon<Facts>(name, child, words);
  ready.catch(() => {});

  return {
    ready,
    hear,
    pid,
    ask: (question) => ask(question, () => stdin?.write(`ask ${question}\n`)),
    ended: new Promise((resolve) => {
      child.once('close', (code, signal) => resolve(String(signal ?? `exit code ${code}`)));
      child.once('error', (error) => resolve(error.message));
    }),
    command: [process.execPath, ...argv],
    tell: (key, value) => void stdin?.write(`${key} ${value}\n`),
    async keep() {
      await new Promise<void>((resolve) => stdin?.end('keep\n', () => resolve()));
      stdout?.destroy();
      child.unref();
    },
    async state() {
      return { pid: pid ?? 0, started: (await started) ?? '', log: typeof log === 'string' ? log : '' };
    },
    async end() {
      stdin?.destroy();
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 3_000);
      await exited;
      clearTimeout(force);
      stdout?.destroy();
    },
  };
}

function startWithFile(log: string, start: (cwd: string, stderr: number) => ChildProcess): ChildProcess {
  const logs = StateFolder.at(dirname(log));
  const file = basename(log);
  if (logs.names().includes(file)) {
    const previous = file.replace(/\.log$/, '.previous.log');
    // Some file systems write a file out when it replaces another, which holds up the start.
    logs.removeFile(previous);
    logs.rename(file, previous);
  }
  const fd = logs.openAppend(file);
  try {
    return start(logs.path, fd);
  } finally {
    closeSync(fd);
  }
}

function startWithLines(log: LogLines, start: (cwd: string, stderr: 'pipe') => ChildProcess): ChildProcess {
  const child = start(log.folder, 'pipe');
  // Undefined when it could not be started.
  if (child.stderr) createInterface(child.stderr).on('line', log.onLine);
  return child;
}

/** Keeps the last lines that a daemon logs, for the error of its start. */
function lastWords(child: ChildProcess): () => Report {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(-WORDS_KEPT);
  });
  return () => ({ ...whyOf(text), next: 'See the log of the cell.' });
}

/**
 * The daemon's bundle.
 *
 * @throws {GrafosError} installation_incomplete
 */
export function daemonEntry(name: DaemonName): string {
  const entry = join(packageRoot, 'dist', 'daemons', `${name}.js`);
  if (existsSync(entry)) return entry;
  throw new GrafosError('installation_incomplete', `The ${name} daemon is not built: ${entry} is missing.`, {
    next: 'Run `npm run build` in the folder of grafos.',
  });
}

/**
 * The environment of a daemon: only the variables that an operating system needs, so that no secret
 * of the shell reaches it.
 */
export function daemonEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'WINDIR', 'TEMP', 'TMP', 'TMPDIR', 'TZ', 'LANG'];
  const env: NodeJS.ProcessEnv = {
    NODE_COMPILE_CACHE: join(packageRoot, 'dist', '.compile-cache'),
    // glibc alone reads it. An arena for each thread leaves freed memory in pieces: a busy cell
    // would grow by a tenth in a million runs.
    MALLOC_ARENA_MAX: '2',
  };
  for (const name of kept) if (process.env[name] !== undefined) env[name] = process.env[name];
  // Inside the editor process.execPath is the editor; this makes it the Node that it carries.
  if (process.versions.electron !== undefined) env.ELECTRON_RUN_AS_NODE = '1';
  env.TMPDIR ??= tmpdir();
  return env;
}

/** Reads what a daemon says: its ready line, and the facts `key value` after it. */
function readDaemon<Facts>(
  name: string,
  child: ChildProcess,
  report: () => Report,
): Pick<SpawnedDaemon<Facts>, 'ready' | 'hear'> & { ask(question: string, send: () => void): Promise<string> } {
  const ready = Promise.withResolvers<Facts>();
  const heard = new Map<string, PromiseWithResolvers<string>>();
  const hear = (key: string): PromiseWithResolvers<string> => {
    let known = heard.get(key);
    if (known === undefined) {
      known = Promise.withResolvers<string>();
      heard.set(key, known);
    }
    return known;
  };
  const asked = new Map<string, PromiseWithResolvers<string>>();
  const exited = Promise.withResolvers<never>();
  exited.promise.catch(() => {});
  const timer = setTimeout(
    () =>
      ready.reject(
        new GrafosError('daemon_silent', `${name} did not become ready within ${READY_MS / 1000} s.`, report()),
      ),
    READY_MS,
  );
  const fail = (error: GrafosError) => {
    clearTimeout(timer);
    for (const { reject } of [ready, exited]) reject(error);
  };
  whenEnded(name, child, report, fail);
  let text = '';
  let isReady = false;
  child.stdout?.setEncoding('utf8');
  child.stdout?.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      const space = line.indexOf(' ');
      if (isReady && space > 0) {
        const [key, value] = [line.slice(0, space), line.slice(space + 1)];
        (asked.get(key) ?? hear(key)).resolve(value);
        asked.delete(key);
      }
      if (isReady) continue;
      isReady = true;
      clearTimeout(timer);
      settleReady(name, line, report().next, ready);
    }
  });
  return {
    ready: ready.promise,
    hear: (key) => {
      const fact = Promise.race([hear(key).promise, exited.promise]);
      fact.catch(() => {});
      return fact;
    },
    ask: async (question, send) => {
      await ready.promise;
      const answer = asked.get(question) ?? Promise.withResolvers<string>();
      if (!asked.has(question)) send();
      asked.set(question, answer);
      return await Promise.race([answer.promise, exited.promise]);
    },
  };
}

/** Calls `fail` once with the error of a daemon that ended or that could not be started. */
function whenEnded(name: string, child: ChildProcess, report: () => Report, fail: (error: GrafosError) => void): void {
  // Not `exit`: its last line may still be in the pipe then.
  child.once('close', (code: number | null, signal: NodeJS.Signals | null) =>
    fail(
      new GrafosError(
        'daemon_exited',
        `${name} ended before it was ready (${signal ?? `exit code ${code}`}).`,
        report(),
      ),
    ),
  );
  child.once('error', (error) =>
    fail(
      new GrafosError('daemon_not_started', `${name} could not be started: ${error.message}.`, {
        next: 'Free what the machine ran out of (processes, open files, memory) and run the command again.',
        cause: error,
      }),
    ),
  );
}

function settleReady<Facts>(name: string, text: string, seeLog: string, ready: PromiseWithResolvers<Facts>): void {
  const line = parseLine<Facts>(text);
  if (line === undefined) {
    ready.reject(
      new GrafosError('daemon_garbled', `${name} said something else than that it is ready.`, {
        why: cutText(text, 200),
        next: seeLog,
      }),
    );
  } else if (line.ready) ready.resolve(line.facts);
  else {
    const { code, message, why, next } = line.error;
    ready.reject(
      new GrafosError(code, `${name} could not start: ${message}`, {
        ...(why === undefined ? {} : { why }),
        next: next ?? seeLog,
      }),
    );
  }
}

function parseLine<Facts>(text: string): ReadyLine<Facts> | FailedLine | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The last words of a daemon, and where there is more. */
interface Report {
  why?: string;
  next: string;
}

function lastLines(log: string): Report {
  const next = `See its log: ${log}`;
  try {
    return { ...whyOf(StateFolder.findAt(dirname(log))?.readText(basename(log)) ?? ''), next };
  } catch {
    return { next };
  }
}

function whyOf(text: string): { why?: string } {
  const lines = text.trimEnd().split('\n').slice(-3).join('\n');
  return lines === '' ? {} : { why: lines };
}
