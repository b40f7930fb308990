import type { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { packageVersion } from '../../base/packageVersion.ts';
import { lockProcesses } from '../lock/processLock.ts';
import { provenLink } from '../stack/provenLink.ts';
import { CONTROL_HOST, fabricArguments, schedulerArguments } from './cellArguments.ts';
import { type CellConfig, readCellConfig } from './cellConfig.ts';
import { type CellQuestion, openCellDoor } from './cellDoor.ts';
import { CELL_FILES, openCellFolder } from './cellFolder.ts';
import type { CellLog, CellLogLine } from './cellLog.ts';
import type { RunningCell } from './cellStatus.ts';
import { certificateEnds } from './certificateEnds.ts';
import { KeptDaemon } from './keptDaemon.ts';
import { memoryPair } from './memoryPair.ts';
import { notReady } from './notReady.ts';
import { answerByDoor, requestByDoor } from './renewByDoor.ts';
import { findServiceManager, type ServiceManager } from './serviceManager.ts';

export interface RunCellOptions {
  signal: AbortSignal;
  /** Takes the lines of all daemons, and those of this process, which are from `cell`. */
  log: CellLog;
  /** Called once both daemons run and are linked. */
  onReady?: (config: CellConfig) => void;
}

/** Time that a stop gives the runs under way, milliseconds. Those that last longer are recorded. */
const DRAIN_MS = 20_000;
/** Time that the process before this one gets to let go of the folder, milliseconds. */
const LOCK_MS = 3_000;
/** Time that a renewal waits for a moment without runs, milliseconds. */
const IDLE_MS = 3_600_000;
const ANSWER_MS = 2_000;
/** The longest wait for the scheduler's link to a cell that was started again, milliseconds. */
const LINK_MS = 10_000;
/** Time before the end of a certificate when the log begins to say so, milliseconds. */
const WARN_MS = 14 * 86_400_000;
const DAY_MS = 86_400_000;
/** Longest time between two looks at the age of certificates, milliseconds. */
const LOOK_MS = DAY_MS;

/**
 * Runs a cell in the foreground: `fabricbiosd` and the scheduler, each started again when it dies.
 * They hold a lifeline to this process and end with it, also when it is killed.
 *
 * Resolves after `signal` aborts: new runs are refused, those under way get 20 s, the others are
 * recorded as lost, and the daemons end.
 *
 * @param path absolute path of the state folder
 * @throws {GrafosError} cell_not_initialized, cell_not_ready, cell_running, notify_failed, the code
 *   of a daemon that does not start
 */
export async function runCell(path: string, { signal, log, onReady }: RunCellOptions): Promise<void> {
  const folder = openCellFolder(path);
  const config = readCellConfig(folder);
  await using _lock = await lockProcesses(folder.file(CELL_FILES.lock), signal, {
    waitMs: LOCK_MS,
    busy: (holder) => cellRunning(path, holder?.pid),
  });
  if (certificateEnds(folder).length === 0) throw notReady(path);
  const say: Say = (level, text) => log({ at: new Date().toISOString(), level, from: 'cell', text });
  const cell = new Supervisor(folder, config, log, say);
  try {
    await cell.start(signal);
    await using _door = await openCellDoor(folder, (question, brought) => cell.answer(question, brought, signal));
    const manager = findServiceManager();
    await manager?.notify('--ready', `--status=${config.cell_id} takes runs`);
    say('info', `${config.cell_id} runs (grafos ${packageVersion()})`);
    onReady?.(config);
    using _beats = beats(cell, manager, say);
    using _looks = looks(cell, say);
    await aborted(signal);
    await manager?.notify('STOPPING=1').catch(() => {});
    say('info', 'stopping: new runs are refused, those under way may end');
    await cell.drain();
  } finally {
    await cell.end();
  }
  say('info', 'stopped');
}

/** Logs a line of this process. */
type Say = (level: CellLogLine['level'], text: string) => void;

/** The two daemons of a cell, and what is asked of them together. */
class Supervisor {
  readonly #folder: StateFolder;
  readonly #config: CellConfig;
  readonly #fabric: KeptDaemon;
  readonly #scheduler: KeptDaemon;
  readonly #say: Say;
  readonly #startedAt = new Date();
  #renewal: Promise<void> | null = null;
  /** When the pair of the memory data plane in force is to be replaced. */
  #memoryUntil = new Date();

  constructor(folder: StateFolder, config: CellConfig, log: CellLog, say: Say) {
    this.#folder = folder;
    this.#config = config;
    this.#say = say;
    const common = { folder: folder.path, log };
    this.#fabric = new KeptDaemon({ ...common, name: 'fabricbiosd', args: () => this.#fabricArguments() });
    const args = () => schedulerArguments(folder, config);
    this.#scheduler = new KeptDaemon({ ...common, name: 'scheduler', args });
  }

  async #fabricArguments(): Promise<string[]> {
    const args = await fabricArguments(this.#folder, this.#config);
    this.#memoryUntil = (await memoryPair(this.#folder, this.#config)).renewAt;
    return args;
  }

  /**
   * Starts both. The cell comes first: a scheduler whose first packets get no answer takes TCP, and
   * stays with it.
   */
  async start(signal: AbortSignal): Promise<void> {
    const starts = this.#fabric.start().then(() => this.#scheduler.start());
    starts.catch(() => {});
    await Promise.race([starts, aborted(signal).then(() => signal.throwIfAborted())]);
    const control = `${CONTROL_HOST}:${this.#config.ports.control}`;
    await provenLink(this.#scheduler.hear('linked'), { control, transport: 'auto' }, signal);
  }

  async status(): Promise<RunningCell> {
    const scheduler = await this.#scheduler.ask('status', ANSWER_MS).then(JSON.parse, () => null);
    return {
      pid: process.pid,
      version: packageVersion(),
      since: this.#startedAt.toISOString(),
      daemons: [this.#fabric.state, this.#scheduler.state],
      scheduler,
    };
  }

  /** Answers a guest of the local socket: a command on this machine, or the scheduler. */
  async answer(question: CellQuestion, brought: string, signal: AbortSignal): Promise<unknown> {
    switch (question) {
      case 'status':
        return this.status();
      case 'reload':
        return this.takeCertificates();
      case 'request':
        return requestByDoor(this.#folder, this.#config, signal);
      case 'answer': {
        const answer = Buffer.from(brought, 'base64').toString('utf8');
        const refused = await answerByDoor(this.#folder, this.#config, answer, signal);
        return refused === undefined ? this.takeCertificates() : { refused };
      }
    }
  }

  /**
   * Says that the scheduler answers.
   *
   * @throws {GrafosError} daemon_silent, daemon_exited
   */
  async isAlive(waitMs: number): Promise<void> {
    await this.#scheduler.ask('status', waitMs);
  }

  /**
   * Begins to use the certificates that `grafos cell renew` put in force. The scheduler takes them
   * at once; `fabricbiosd` is started again in a moment without runs.
   */
  async takeCertificates(): Promise<{ taken: true }> {
    this.#renew(async () => {
      const taken = await this.#scheduler.ask('reload', ANSWER_MS).catch(() => 'restart');
      await this.#idle();
      if (taken !== 'done') await this.#scheduler.restart();
      await this.#restartFabric();
    });
    return { taken: true };
  }

  /** Replaces the pair of the memory data plane when it is time. */
  renewMemory(now: Date): void {
    if (now < this.#memoryUntil) return;
    this.#renew(async () => {
      await this.#idle();
      await this.#restartFabric();
    });
  }

  /** Resolves when the scheduler is linked to the new process. */
  async #restartFabric(): Promise<void> {
    await this.#fabric.restart();
    await this.#scheduler.ask('connected', LINK_MS);
  }

  ends(): Array<{ name: string; not_after: string }> {
    return certificateEnds(this.#folder);
  }

  async drain(): Promise<void> {
    await this.#scheduler.ask('drain', DRAIN_MS).catch(() => {
      this.#say('warn', `runs were under way after ${DRAIN_MS / 1000} s; they are recorded as lost`);
    });
  }

  async end(): Promise<void> {
    // The scheduler first: its runs are recorded while the cell still is there.
    await this.#scheduler.end();
    await this.#fabric.end();
  }

  async #idle(): Promise<void> {
    await this.#scheduler.ask('idle', IDLE_MS).catch(() => {
      this.#say('warn', 'there was no moment without runs; those under way end with the old certificates');
    });
  }

  /** Runs renewals one after another. */
  #renew(work: () => Promise<void>): void {
    const before = this.#renewal;
    const renewal = (async () => {
      await before;
      try {
        await work();
        this.#say('info', 'the new certificates are in use');
      } catch (error) {
        this.#say('error', `the new certificates are not in use: ${error instanceof Error ? error.message : error}`);
      }
    })();
    this.#renewal = renewal;
    void renewal.then(() => {
      if (this.#renewal === renewal) this.#renewal = null;
    });
  }
}

/** Gives the service manager a sign of life as long as the scheduler answers. */
function beats(cell: Supervisor, manager: ServiceManager | undefined, say: Say): Disposable {
  const ms = manager?.beatMs ?? null;
  if (manager === undefined || ms === null) return { [Symbol.dispose]: () => {} };
  const timer = setInterval(() => {
    cell
      .isAlive(ms)
      .then(() => manager.notify('WATCHDOG=1'))
      .catch((error: unknown) => say('warn', error instanceof Error ? error.message : String(error)));
  }, ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Looks once a day at the age of the certificates. */
function looks(cell: Supervisor, say: Say): Disposable {
  const look = () => {
    cell.renewMemory(new Date());
    for (const { name, not_after } of cell.ends()) {
      const left = Date.parse(not_after) - Date.now();
      const days = Math.max(0, Math.floor(left / DAY_MS));
      if (left < WARN_MS) say('warn', `the certificate of the ${name} ends in ${days} days: grafos cell renew`);
    }
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function cellRunning(path: string, pid: number | undefined): GrafosError {
  return new GrafosError('cell_running', `The cell in ${path} runs already.`, {
    why: pid === undefined ? 'Its lock is held.' : `Process ${pid} runs it.`,
    next: 'See it: grafos cell status; or end that process first.',
  });
}
