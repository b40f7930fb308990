import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StateFolder } from '../../../base/files/stateFolder.ts';
import { isProcess, processStart } from '../../../base/processIdentity.ts';
import type { DaemonLog } from '../../kit/daemonLog.ts';
import { CELL_DEATHS_FILE, type CellDeath, type CellDeaths, type CellProcess } from '../../wire/cellProcess.ts';
import type { FailedLine, ReadyLine } from '../../wire/daemonLines.ts';
import { readDevFile } from '../../wire/readDevFile.ts';
import { SuspectModules } from './suspectModules.ts';

/** Time that a cell may take to be ready, milliseconds. */
const READY_MS = 15_000;
/**
 * Before another start, after starts that did not last {@link LASTS_MS}: 0, then twice as long each
 * time.
 */
const BACKOFF_MS = 500;
const BACKOFF_MAX_MS = 30_000;
const LASTS_MS = 10_000;
const DEATHS_KEPT = 20;
/** Bytes of the log's end that last words are looked for in. */
const LAST_BYTES = 16 * 1024;
const LAST_WORDS = /FATAL ERROR.*|.*out of memory.*|uncaught: .*|Check failed.*/i;

export interface CellGuardOptions {
  /**
   * Absolute path of `dev.json`. The cell is started again only while the file names the one that
   * died.
   */
  stateFile: string;
  /** Absolute; deaths are kept there. */
  stateDir: string;
  log: DaemonLog;
}

/**
 * Starts the local cell again when its process died: the same cell at the same addresses with the
 * same trust (docs/adr/0029-a-dead-cell-starts-again.md).
 *
 * The scheduler guards it because it notices first, by its link.
 */
export class CellGuard {
  readonly suspects = new SuspectModules();
  readonly #options: CellGuardOptions;
  readonly #deaths: CellDeath[] = [];
  #cell: CellProcess | null = null;
  #child: ChildProcess | null = null;
  #busy = false;
  #isStopped = false;
  #startedAt = 0;
  #shortLives = 0;

  constructor(options: CellGuardOptions) {
    this.#options = options;
  }

  /**
   * Takes over the cell that was started for this scheduler. The deaths of an earlier stack are
   * forgotten.
   */
  watch(cell: CellProcess): void {
    this.#cell = cell;
    this.#startedAt = performance.now();
    this.#save();
  }

  /**
   * Looks whether the cell died, now that its link is lost, and starts it again.
   *
   * @param modules milliseconds since the newest run began, by SHA-256 of each module under way
   */
  async linkLost(modules: ReadonlyMap<string, number>): Promise<void> {
    if (this.#busy || this.#cell === null || this.#isStopped) return;
    this.#busy = true;
    try {
      await this.#startAgain(this.#cell, modules);
    } catch (error) {
      this.#options.log.error(`the cell could not be started again: ${error instanceof Error ? error.message : error}`);
    } finally {
      this.#busy = false;
    }
  }

  /** From now on nothing is started; a cell on its way ends with this process. */
  stop(): void {
    this.#isStopped = true;
    this.#child?.kill('SIGKILL');
  }

  async #startAgain(dead: CellProcess, modules: ReadonlyMap<string, number>): Promise<void> {
    const { log } = this.#options;
    if (await isProcess(dead.pid, dead.started)) return;
    const why = lastWords(dead.log);
    log.error(`the cell (process ${dead.pid}) died: ${why}`);
    this.suspects.died(modules);
    const death: CellDeath = {
      at: new Date().toISOString(),
      pid: dead.pid,
      why,
      modules: [...modules.keys()],
      restarted_pid: null,
    };
    this.#deaths.push(death);
    if (this.#deaths.length > DEATHS_KEPT) this.#deaths.shift();
    this.#save();
    this.#shortLives = performance.now() - this.#startedAt < LASTS_MS ? this.#shortLives + 1 : 0;
    while (!this.#isStopped && (await this.#isNamed(dead))) {
      if (this.#shortLives > 0) await delay(Math.min(BACKOFF_MS * 2 ** (this.#shortLives - 1), BACKOFF_MAX_MS));
      try {
        const cell = await this.#start(dead);
        death.restarted_pid = cell.pid;
        this.#cell = cell;
        this.#startedAt = performance.now();
        this.#save();
        log.info(`the cell runs again (process ${cell.pid})`);
        return;
      } catch (error) {
        this.#shortLives++;
        log.error(`the cell did not start: ${error instanceof Error ? error.message : error}`);
      }
    }
  }

  /**
   * Says whether the stack is still meant to run. Only then it gets its cell again: `dev down` ends
   * its daemons in any order.
   */
  async #isNamed({ pid }: CellProcess): Promise<boolean> {
    const file = await readDevFile(this.#options.stateFile);
    return file.kind === 'whole' && file.state.daemons.fabricbiosd.pid === pid;
  }

  async #start(dead: CellProcess): Promise<CellProcess> {
    const [program = '', ...args] = dead.command;
    const logFd = StateFolder.at(dirname(dead.log)).openAppend(basename(dead.log));
    let child: ChildProcess;
    try {
      // Its lifeline is our pipe: until dev.json names it, it ends with us.
      child = spawn(program, args, {
        stdio: ['pipe', 'pipe', logFd],
        detached: true,
        windowsHide: true,
        cwd: dirname(dead.log),
      });
    } finally {
      closeSync(logFd);
    }
    this.#child = child;
    child.stdin?.on('error', () => {});
    try {
      await ready(child);
      const { pid = 0 } = child;
      const started = await processStart(pid);
      if (started === undefined) throw new Error('it ended at once');
      await this.#rename(dead, { pid, started, log: dead.log });
      await new Promise<void>((resolve) => child.stdin?.end('keep\n', () => resolve()));
      child.stdout?.destroy();
      child.unref();
      return { ...dead, pid, started };
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    } finally {
      this.#child = null;
    }
  }

  /** Puts the new process into `dev.json`, in the place of the one that died. */
  async #rename(dead: CellProcess, fabricbiosd: { pid: number; started: string; log: string }): Promise<void> {
    const { stateFile } = this.#options;
    const file = await readDevFile(stateFile);
    if (file.kind !== 'whole' || file.state.daemons.fabricbiosd.pid !== dead.pid) {
      throw new Error(`${stateFile} does not name the cell any more`);
    }
    const state = { ...file.state, daemons: { ...file.state.daemons, fabricbiosd } };
    await StateFolder.at(dirname(stateFile)).write(basename(stateFile), `${JSON.stringify(state, null, 2)}\n`);
  }

  #save(): void {
    const content: CellDeaths = { version: 1, deaths: this.#deaths, suspects: this.suspects.all };
    // A program that was moved took its state along. No folder is made in its old place.
    StateFolder.findAt(this.#options.stateDir)
      ?.write(CELL_DEATHS_FILE, `${JSON.stringify(content, null, 2)}\n`)
      .catch((error: unknown) => this.#options.log.warn(`deaths of the cell cannot be kept: ${String(error)}`));
  }
}

/** Resolves once the daemon says that it is ready. */
async function ready(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`it was not ready within ${READY_MS / 1000} s`)), READY_MS);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end < 0) return;
    try {
      const line: ReadyLine<unknown> | FailedLine = JSON.parse(text.slice(0, end));
      if (line.ready) resolve();
      else reject(new Error(line.error.message));
    } catch {
      reject(new Error('it said something else than that it is ready'));
    }
  });
  child.once('error', reject);
  child.once('close', (code, signal) => reject(new Error(`it ended (${signal ?? `exit code ${code}`})`)));
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    child.stdout?.removeAllListeners('data');
    child.removeAllListeners('close');
  }
}

/** The line of a log that says why its daemon died. */
function lastWords(log: string): string {
  try {
    const fd = StateFolder.findAt(dirname(log))?.openRead(basename(log));
    if (fd === undefined) return 'it left no log';
    try {
      const { size } = fstatSync(fd);
      const bytes = Buffer.alloc(Math.min(size, LAST_BYTES));
      const read = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
      const lines = bytes
        .toString('utf8', 0, read)
        .split('\n')
        .filter((line) => LAST_WORDS.test(line));
      return lines.at(-1)?.trim().slice(0, 300) ?? 'it said nothing; the system may have ended it for its memory';
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
