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
 *
 * A parent that stays, such as `grafos cell run`, may also ask: `ask name`.
 */
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { watchFolder } from '../../base/files/watchFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import type { FailedLine, ReadyLine } from '../wire/daemonLines.ts';
import { readDevFile } from '../wire/readDevFile.ts';
import { type DaemonLog, daemonLog } from './daemonLog.ts';
import { readLifetimeFlags } from './flags.ts';

export interface RunningDaemon<Facts> {
  facts: Facts;
  /**
   * Facts that come once the daemon is ready. Each goes to the parent as a line `key value` after
   * the ready line.
   */
  later?: Record<string, Promise<string>>;
  /**
   * Answers to what a parent that stays may ask, by the name of the question. Each answer is one
   * line, and goes to the parent as `name answer`.
   */
  answers?: Record<string, () => string | Promise<string>>;
  /** Ends everything the daemon started; called once, at most {@link STOP_DEADLINE_MS} long. */
  stop(): Promise<void>;
}

/** The things that a daemon starts with. */
export interface DaemonStart {
  argv: readonly string[];
  log: DaemonLog;
  /** Resolves with the value that the parent sends for `key` over the lifeline; pending without. */
  fact(key: string): Promise<string>;
}

const STOP_DEADLINE_MS = 2_000;

/** Runs a daemon until a signal, the end of its lifeline, or the end of its stack. */
export async function runDaemon<Facts>(
  name: string,
  start: (given: DaemonStart) => Promise<RunningDaemon<Facts>>,
): Promise<void> {
  // The main thread's heap has its size from this flag already. Left in place, it would override
  // the workers' own limits.
  setFlagsFromString('--max-semi-space-size=0');
  const argv = process.argv.slice(2);
  const log = daemonLog(name);
  const options = readLifetimeFlags(argv);
  const facts = new Map<string, PromiseWithResolvers<string>>();
  const fact = (key: string): PromiseWithResolvers<string> => {
    let known = facts.get(key);
    if (known === undefined) {
      known = Promise.withResolvers<string>();
      facts.set(key, known);
    }
    return known;
  };
  let running: RunningDaemon<Facts> | undefined;
  let stopping = false;
  let started = (_running: RunningDaemon<Facts>): void => {};

  const stop = (why: string, code = 0): void => {
    if (stopping) return;
    stopping = true;
    log.info(`stopping: ${why}`);
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
    const asked = Promise.withResolvers<RunningDaemon<Facts>>();
    started = asked.resolve;
    holdLifeline({
      keep: () => watchStateFile(options.stateFile, log, stop),
      tell: (key, value) => fact(key).resolve(value),
      ask: (name) => void asked.promise.then((daemon) => answer(daemon, name, log)),
      stop,
    });
  }

  try {
    running = await start({ argv, log, fact: (key) => fact(key).promise });
    if (stopping) {
      await running.stop();
      process.exit(0);
    }
    const line: ReadyLine<Facts> = { ready: true, pid: process.pid, facts: running.facts };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    started(running);
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

/** Answers a question of the parent. A question that has no answer is logged. */
async function answer<Facts>({ answers }: RunningDaemon<Facts>, name: string, log: DaemonLog): Promise<void> {
  try {
    const text = await answers?.[name]?.();
    if (text === undefined) log.warn(`the parent asked "${name}", which has no answer here`);
    else process.stdout.write(`${name} ${text}\n`);
  } catch (error) {
    log.error(`no answer to "${name}": ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Lifeline {
  keep(): void;
  tell(key: string, value: string): void;
  ask(name: string): void;
  stop(why: string): void;
}

function holdLifeline({ keep, tell, ask, stop }: Lifeline): void {
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
        const [key, value] = [line.slice(0, space), line.slice(space + 1)];
        if (space > 0 && key === 'ask') ask(value);
        else if (space > 0) tell(key, value);
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
function watchStateFile(stateFile: string | undefined, log: DaemonLog, stop: (why: string) => void): void {
  if (stateFile === undefined) return;
  const look = async () => {
    if (!(await namesThisProcess(stateFile))) stop(`${stateFile} no longer names this daemon`);
  };
  const say = (why: string) => log.warn(`${stateFile} is looked at now and then: ${why}`);
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
