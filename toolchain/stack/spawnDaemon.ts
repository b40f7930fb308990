import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { FailedLine, ReadyLine } from '../../daemons/protocol/daemonLifetime.ts';
import type { DaemonName, DaemonState } from '../../daemons/protocol/devState.ts';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { packageRoot } from '../../daemons/protocol/packageRoot.ts';
import { processStart } from '../../daemons/protocol/processIdentity.ts';
import { StateFolder } from '../../daemons/protocol/stateFolder.ts';

/** Time that a daemon may take to say that it is ready, milliseconds. */
const READY_MS = 15_000;

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
  /** Facts of its ready line. @throws GrafosError when it fails, exits, or stays silent. */
  ready: Promise<Facts>;
  /**
   * Hears a fact that it says after it is ready.
   *
   * @throws {GrafosError} daemon_exited
   */
  hear(key: string): Promise<string>;
  /** Tells it a fact it waits for, `key value`, over its lifeline. */
  tell(key: string, value: string): void;
  /** Lets it live on without us. */
  keep(): Promise<void>;
  state(): Promise<DaemonState>;
  /** Program and arguments it was started with. */
  command: readonly string[];
  /** Ends it and resolves when it is gone. */
  end(): Promise<void>;
}

/**
 * Starts a daemon with its log in the folder of `log`, which is its working folder too. The log of
 * the start before is kept as `<name>.previous.log`.
 *
 * @throws {GrafosError} not_built, state_unsafe
 * @throws an error of the file system
 */
export function spawnDaemon<Facts>(name: DaemonName, args: string[], log: string): SpawnedDaemon<Facts> {
  const argv = [...ENGINE_OPTIONS, daemonEntry(name), ...args, '--lifeline'];
  const logs = StateFolder.at(dirname(log));
  const file = basename(log);
  if (logs.names().includes(file)) {
    const previous = file.replace(/\.log$/, '.previous.log');
    // Some file systems write a file out when it replaces another, which holds up the start.
    logs.remove(previous);
    logs.rename(file, previous);
  }
  const logFd = logs.openAppend(file);
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, argv, {
      stdio: ['pipe', 'pipe', logFd],
      // A group of its own: Ctrl-C in the terminal is for `dev up`, which then undoes what it
      // started.
      detached: true,
      windowsHide: true,
      cwd: logs.path,
      env: daemonEnvironment(),
    });
  } finally {
    closeSync(logFd);
  }
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
  const { ready, hear } = readDaemon<Facts>(name, child, log);
  ready.catch(() => {});

  return {
    ready,
    hear,
    command: [process.execPath, ...argv],
    tell: (key, value) => void stdin?.write(`${key} ${value}\n`),
    async keep() {
      await new Promise<void>((resolve) => stdin?.end('keep\n', () => resolve()));
      stdout?.destroy();
      child.unref();
    },
    async state() {
      return { pid: pid ?? 0, started: (await started) ?? '', log };
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

/** The daemon's bundle. @throws GrafosError `not_built` */
export function daemonEntry(name: DaemonName): string {
  const entry = join(packageRoot, 'dist', 'daemons', `${name}.js`);
  if (existsSync(entry)) return entry;
  throw new GrafosError('unreachable', 'not_built', `The ${name} daemon is not built: ${entry} is missing.`, {
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
  log: string,
): Pick<SpawnedDaemon<Facts>, 'ready' | 'hear'> {
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
  const exited = Promise.withResolvers<never>();
  exited.promise.catch(() => {});
  const timer = setTimeout(
    () =>
      ready.reject(
        new GrafosError('unreachable', 'daemon_silent', `${name} did not become ready within ${READY_MS / 1000} s.`, {
          ...lastLines(log),
          next: `See its log: ${log}`,
        }),
      ),
    READY_MS,
  );
  const fail = (error: GrafosError) => {
    clearTimeout(timer);
    ready.reject(error);
    exited.reject(error);
  };
  // Not `exit`: its last line may still be in the pipe then.
  child.once('close', (code: number | null, signal: NodeJS.Signals | null) =>
    fail(
      new GrafosError(
        'unreachable',
        'daemon_exited',
        `${name} ended before it was ready (${signal ?? `exit code ${code}`}).`,
        { ...lastLines(log), next: `See its log: ${log}` },
      ),
    ),
  );
  child.once('error', (error) =>
    fail(
      new GrafosError('unreachable', 'daemon_not_started', `${name} could not be started: ${error.message}.`, {
        next: 'Free what the machine ran out of (processes, open files, memory) and run the command again.',
        cause: error,
      }),
    ),
  );
  let text = '';
  let isReady = false;
  child.stdout?.setEncoding('utf8');
  child.stdout?.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      const space = line.indexOf(' ');
      if (isReady && space > 0) hear(line.slice(0, space)).resolve(line.slice(space + 1));
      if (isReady) continue;
      isReady = true;
      clearTimeout(timer);
      settleReady(name, line, log, ready);
    }
  });
  return {
    ready: ready.promise,
    hear: (key) => {
      const fact = Promise.race([hear(key).promise, exited.promise]);
      fact.catch(() => {});
      return fact;
    },
  };
}

function settleReady<Facts>(name: string, text: string, log: string, ready: PromiseWithResolvers<Facts>): void {
  const line = parseLine<Facts>(text);
  if (line === undefined) {
    ready.reject(
      new GrafosError('unreachable', 'daemon_garbled', `${name} said something else than that it is ready.`, {
        why: text.slice(0, 200),
        next: `See its log: ${log}`,
      }),
    );
  } else if (line.ready) ready.resolve(line.facts);
  else {
    const { code, message, why, next } = line.error;
    ready.reject(
      new GrafosError('unreachable', code, `${name} could not start: ${message}`, {
        ...(why === undefined ? {} : { why }),
        next: next ?? `See its log: ${log}`,
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

function lastLines(log: string): { why?: string } {
  try {
    const text = StateFolder.findAt(dirname(log))?.readText(basename(log)) ?? '';
    const lines = text.trimEnd().split('\n').slice(-3).join('\n');
    return lines === '' ? {} : { why: lines };
  } catch {
    return {};
  }
}
