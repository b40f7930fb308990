import { setTimeout as delay } from 'node:timers/promises';
import { GrafosError } from '../../base/grafosError.ts';
import { type SpawnedDaemon, spawnDaemon } from '../stack/spawnDaemon.ts';
import { type CellLog, readLogLine } from './cellLog.ts';

/** Facts of a daemon that is kept running. */
export interface KeptDaemonState {
  name: string;
  /** Null while it does not run. */
  pid: number | null;
  /** RFC 3339; the time when it was ready. Null while it is not. */
  since: string | null;
  /** Starts after a death. */
  restarts: number;
  last_death: { at: string; how: string } | null;
}

export interface KeptDaemonOptions {
  name: 'fabricbiosd' | 'scheduler';
  /** The arguments of the next start. */
  args(): Promise<string[]>;
  /** Absolute path of its working folder. */
  folder: string;
  log: CellLog;
}

/** A daemon that lived so long did not fail at its start, milliseconds. */
const LASTS_MS = 10_000;
/** Wait before a start that follows short lives: none, then twice as long each time. */
const BACKOFF_MS = 500;
const BACKOFF_MAX_MS = 30_000;
/**
 * Time in which the daemons of a killed supervisor let go of ports and store, milliseconds. They
 * end within two seconds.
 */
const TAKEN_MS = 6_000;
const TAKEN_PAUSE_MS = 250;
const TAKEN_CODES = ['port_in_use', 'store_locked'];

/** Keeps one daemon running. When it dies it is started again, later each time. */
export class KeptDaemon {
  readonly #options: KeptDaemonOptions;
  readonly #stop = new AbortController();
  #daemon: SpawnedDaemon<unknown> | null = null;
  #since: Date | null = null;
  #restarts = 0;
  #lastDeath: KeptDaemonState['last_death'] = null;
  #isReplaced = false;
  #ready = Promise.withResolvers<void>();
  #life: Promise<void> = Promise.resolve();

  constructor(options: KeptDaemonOptions) {
    this.#options = options;
  }

  get state(): KeptDaemonState {
    const { name } = this.#options;
    const pid = this.#since === null ? null : (this.#daemon?.pid ?? null);
    const since = this.#since?.toISOString() ?? null;
    return { name, pid, since, restarts: this.#restarts, last_death: this.#lastDeath };
  }

  /**
   * Starts it, and from then on again and again.
   *
   * @throws {GrafosError} the error of its first start
   */
  async start(): Promise<void> {
    await this.#startOnce();
    this.#life = this.#live();
  }

  /**
   * Hears a fact that the daemon says once it is ready.
   *
   * @throws {GrafosError} daemon_exited
   */
  async hear(key: string): Promise<string> {
    if (this.#daemon === null) throw new Error('it was not started');
    return await this.#daemon.hear(key);
  }

  /**
   * Asks the daemon that runs.
   *
   * @throws {GrafosError} daemon_exited, daemon_silent
   */
  async ask(question: string, waitMs: number): Promise<string> {
    const late = Promise.withResolvers<never>();
    const { name } = this.#options;
    const timer = setTimeout(
      () => late.reject(silent(name, question, waitMs)),
      // The longest time that a timer of Node takes.
      Math.min(waitMs, 2 ** 31 - 1),
    );
    try {
      return await Promise.race([this.#daemon?.ask(question) ?? late.promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the daemon and starts it again. Resolves when the new one is ready. */
  async restart(): Promise<void> {
    this.#isReplaced = true;
    const { promise } = this.#ready;
    await this.#daemon?.end();
    await promise;
  }

  /** Ends it for good. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#daemon?.end();
    await this.#life;
    // A start that was under way when the end was asked for.
    await this.#daemon?.end();
  }

  async #live(): Promise<void> {
    let shortLives = 0;
    while (!this.#stop.signal.aborted) {
      const began = performance.now();
      const how = await this.#daemon?.ended;
      this.#since = null;
      if (this.#stop.signal.aborted) return;
      if (!this.#isReplaced) {
        shortLives = performance.now() - began < LASTS_MS ? shortLives + 1 : 0;
        this.#died(how ?? 'it never ran');
      }
      this.#isReplaced = false;
      shortLives = await this.#startAgain(shortLives);
    }
  }

  /**
   * Starts it until it is ready.
   *
   * @returns short lives and failed starts in a row
   */
  async #startAgain(shortLives: number): Promise<number> {
    const { name, log } = this.#options;
    for (let fails = shortLives; ; fails += 1) {
      if (fails > 0) await this.#pause(Math.min(BACKOFF_MS * 2 ** (fails - 1), BACKOFF_MAX_MS));
      if (this.#stop.signal.aborted) return fails;
      try {
        await this.#startOnce();
        return fails;
      } catch (error) {
        const text =
          error instanceof GrafosError ? [error.message, error.why].filter(Boolean).join(' ') : String(error);
        log({ at: new Date().toISOString(), level: 'error', from: 'cell', text: `${name} did not start: ${text}` });
      }
    }
  }

  async #startOnce(): Promise<void> {
    const { name, args, folder, log } = this.#options;
    const until = performance.now() + TAKEN_MS;
    for (;;) {
      const onLine = (line: string) => log(readLogLine(name, line, new Date()));
      const daemon = spawnDaemon(name, await args(), { folder, onLine });
      this.#daemon = daemon;
      try {
        await daemon.ready;
        break;
      } catch (error) {
        await daemon.end();
        const isTaken = error instanceof GrafosError && TAKEN_CODES.includes(error.code);
        if (!isTaken || performance.now() > until || this.#stop.signal.aborted) throw error;
        await this.#pause(TAKEN_PAUSE_MS);
      }
    }
    this.#since = new Date();
    this.#ready.resolve();
    this.#ready = Promise.withResolvers<void>();
  }

  #died(how: string): void {
    const { name, log } = this.#options;
    const at = new Date().toISOString();
    this.#restarts += 1;
    this.#lastDeath = { at, how };
    log({ at, level: 'error', from: 'cell', text: `${name} ended (${how}); it is started again` });
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }
}

function silent(name: string, question: string, ms: number): GrafosError {
  return new GrafosError('daemon_silent', `${name} did not answer "${question}" within ${ms / 1000} s.`, {
    next: 'Look at the log of the cell, and run the command again.',
  });
}
