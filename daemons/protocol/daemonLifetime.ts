/**
 * The life of a daemon, the same for all three. Its parent reads one JSON line from stdout:
 * {@link ReadyLine} or {@link FailedLine}.
 *
 * With `--lifeline` the daemon's stdin is its parent. When it ends before the line `keep`, the
 * daemon ends, too, so a `dev up` that was killed halfway leaves nothing. After `keep` the daemon
 * lives until a signal, or until its state file (`dev.json`) is gone or belongs to another stack: a
 * deleted project must not leave daemons that nobody can find.
 *
 * Before `keep` the parent may send facts that were not known when it started the daemon, one
 * `key value` a line. So daemons start side by side although one needs the port of another.
 */
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { DaemonLog } from './daemonLog.ts';
import { GrafosError } from './grafosError.ts';
import { readDevFile } from './readDevFile.ts';
import { watchFolder } from './watchFolder.ts';

export interface ReadyLine<Facts> {
  ready: true;
  pid: number;
  facts: Facts;
}

export interface FailedLine {
  ready: false;
  error: { code: string; message: string; why?: string; next?: string };
}

export interface RunningDaemon<Facts> {
  facts: Facts;
  /**
   * Facts that come once the daemon is ready. Each goes to the parent as a line `key value` after
   * the ready line.
   */
  later?: Record<string, Promise<string>>;
  /** Ends everything the daemon started; called once, at most {@link STOP_DEADLINE_MS} long. */
  stop(): Promise<void>;
}

export interface LifetimeOptions {
  lifeline: boolean;
  /** Absolute path of `dev.json`; watched after `keep`. */
  stateFile?: string | undefined;
  log: DaemonLog;
}

/** Resolves with what the parent tells of `key` over the lifeline; never, when it tells nothing. */
export type Told = (key: string) => Promise<string>;

const STOP_DEADLINE_MS = 2_000;

export async function runDaemon<Facts>(
  options: LifetimeOptions,
  start: (stopRequested: AbortSignal, told: Told) => Promise<RunningDaemon<Facts>>,
): Promise<void> {
  // The main thread's heap has its size from this flag already. Left in place, it would override
  // the workers' own limits.
  setFlagsFromString('--max-semi-space-size=0');
  const { log } = options;
  const lifeline = new Map<string, PromiseWithResolvers<string>>();
  const fact = (key: string): PromiseWithResolvers<string> => {
    let known = lifeline.get(key);
    if (known === undefined) {
      known = Promise.withResolvers<string>();
      lifeline.set(key, known);
    }
    return known;
  };
  const abort = new AbortController();
  let running: RunningDaemon<Facts> | undefined;
  let stopping = false;

  const stop = (why: string, code = 0): void => {
    if (stopping) return;
    stopping = true;
    log.info(`stopping: ${why}`);
    abort.abort();
    setTimeout(() => {
      log.error(`did not stop within ${STOP_DEADLINE_MS} ms; leaving now`);
      process.exit(1);
    }, STOP_DEADLINE_MS).unref();
    (running?.stop() ?? Promise.resolve()).then(
      () => process.exit(code),
      (error: unknown) => {
        log.error(`stop failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        process.exit(1);
      },
    );
  };

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  // The reader of our ready line may be gone; that alone must not end the daemon with an EPIPE.
  process.stdout.on('error', () => {});
  process.on('uncaughtException', (error) => {
    log.error(`uncaught: ${error.stack ?? error.message}`);
    stop('an internal error', 1);
  });
  process.on('unhandledRejection', (reason) => {
    log.error(`unhandled rejection: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`);
    stop('an internal error', 1);
  });
  if (options.lifeline) {
    holdLifeline({ keep: () => watchStateFile(options, stop), tell: (key, value) => fact(key).resolve(value), stop });
  }

  try {
    running = await start(abort.signal, (key) => fact(key).promise);
    if (stopping) {
      await running.stop();
      process.exit(0);
    }
    const line: ReadyLine<Facts> = { ready: true, pid: process.pid, facts: running.facts };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    for (const [key, value] of Object.entries(running.later ?? {}))
      void value.then((text) => process.stdout.write(`${key} ${text}\n`));
  } catch (error) {
    const known = error instanceof GrafosError ? error : undefined;
    if (known === undefined) log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const line: FailedLine = {
      ready: false,
      error: {
        code: known?.code ?? 'internal_error',
        message: error instanceof Error ? error.message : String(error),
        ...(known?.why === undefined ? {} : { why: known.why }),
        ...(known?.next === undefined ? {} : { next: known.next }),
      },
    };
    process.stdout.write(`${JSON.stringify(line)}\n`, () => process.exit(3));
  }
}

interface Lifeline {
  keep(): void;
  tell(key: string, value: string): void;
  stop(why: string): void;
}

function holdLifeline({ keep, tell, stop }: Lifeline): void {
  let kept = false;
  let seen = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (text: string) => {
    seen += text;
    for (let end = seen.indexOf('\n'); end >= 0 && !kept; end = seen.indexOf('\n')) {
      const line = seen.slice(0, end);
      seen = seen.slice(end + 1);
      if (line === 'keep') {
        kept = true;
        process.stdin.destroy();
        keep();
      } else {
        const space = line.indexOf(' ');
        if (space > 0) tell(line.slice(0, space), line.slice(space + 1));
      }
    }
  });
  const gone = () => {
    if (!kept) stop('the process that started this daemon is gone');
  };
  process.stdin.on('end', gone);
  process.stdin.on('error', gone);
}

/**
 * `dev.json` names the daemons of its stack. Once it does not name this process, the stack is
 * another one.
 */
function watchStateFile(options: LifetimeOptions, stop: (why: string) => void): void {
  const { stateFile } = options;
  if (stateFile === undefined) return;
  const look = async () => {
    if (!(await namesThisProcess(stateFile))) stop(`${stateFile} no longer names this daemon`);
  };
  const say = (why: string) => options.log.warn(`${stateFile} is looked at now and then: ${why}`);
  // The folder is watched: after an atomic write, a watch on the file would follow the old one.
  const { looks } = watchFolder(
    dirname(stateFile),
    (name) => {
      if (name === null || stateFile.endsWith(name) || dirname(stateFile).endsWith(name)) void look();
    },
    say,
  );
  if (looks !== undefined) say(looks);
  void look();
}

async function namesThisProcess(stateFile: string): Promise<boolean> {
  const file = await readDevFile(stateFile);
  // An unreadable or foreign file says nothing. Only a missing one does.
  if (file.kind === 'invalid') return true;
  return file.kind === 'whole' && Object.values(file.state.daemons).some(({ pid }) => pid === process.pid);
}
