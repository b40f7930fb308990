/**
 * The connection to the cell: it is made, beats, and is made again.
 *
 * A lost connection is noticed at once. The heartbeat finds a cell that is there but does not
 * answer.
 */
import type { DaemonLog } from '../../kit/daemonLog.ts';
import type { CellIdentity, CellInventory } from '../../wire/fabricControl.ts';
import type { CellSession } from './cellSession.ts';

export interface CellStatus {
  identity: CellIdentity | null;
  inventory: CellInventory | null;
  healthy: boolean;
  /** Milliseconds since 1970. */
  lastHeartbeat: number | null;
}

export class CellLostError extends Error {
  override name = 'CellLostError';
}

export interface ConnectionOptions {
  connect: () => Promise<CellSession>;
  cellId: string;
  log: DaemonLog;
  /** Called for every connection before runs go over it. `isNew`: the cell is another process. */
  opened: (session: CellSession, isNew: boolean) => Promise<void> | void;
  /** Called when a connection was lost. */
  lost: () => void;
  heartbeatMs: number;
  /** Time that a run waits for a broken connection to come back, milliseconds. */
  reconnectWindowMs: number;
}

/**
 * Milliseconds before the next attempt: at once after a loss, then slower, so that a cell that is
 * down costs next to nothing.
 */
const BACKOFF = [0, 50, 100, 200, 400, 800, 1_600, 3_000];

export class CellConnection {
  /** Resolves once the first attempt to connect is decided, either way. */
  readonly firstAttempt: Promise<void>;
  readonly #options: ConnectionOptions;
  readonly #firstCell = Promise.withResolvers<CellIdentity>();
  /** The runs that wait for a connection. */
  readonly #waiting = new Set<(session: CellSession | null) => void>();
  #session: CellSession | null = null;
  #identity: CellIdentity | null = null;
  #inventory: CellInventory | null = null;
  #lastHeartbeat: number | null = null;
  #isStopped = false;
  #attempt = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  #beatTimer: NodeJS.Timeout | undefined;
  #lastFailure = '';

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.firstAttempt = this.#tryOnce();
  }

  /** The cell of the first connection; pending until there is one. */
  get firstCell(): Promise<CellIdentity> {
    return this.#firstCell.promise;
  }

  /** The connection there is, or null. */
  get session(): CellSession | null {
    return this.#session;
  }

  status(): CellStatus {
    return {
      identity: this.#identity,
      inventory: this.#inventory,
      healthy: this.#session !== null,
      lastHeartbeat: this.#lastHeartbeat,
    };
  }

  async refresh(): Promise<void> {
    if (this.#session !== null) await this.#beat(this.#session).catch(() => {});
  }

  /**
   * Waits for a connection.
   *
   * @throws {CellLostError} none came back in time, or the scheduler stops
   */
  connected(): Promise<CellSession> {
    if (this.#session !== null) return Promise.resolve(this.#session);
    if (this.#isStopped) return Promise.reject(new CellLostError('the scheduler is stopping'));
    const { reconnectWindowMs } = this.#options;
    return new Promise((resolve, reject) => {
      const wake = (found: CellSession | null): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        if (found === null) reject(new CellLostError(`the cell did not come back within ${reconnectWindowMs} ms`));
        else resolve(found);
      };
      const timer = setTimeout(() => wake(null), reconnectWindowMs);
      timer.unref();
      this.#waiting.add(wake);
    });
  }

  /** Gives up a connection over which no answer will come any more. */
  giveUp(over: CellSession): void {
    over.close();
    this.#noteLost(over);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#beatTimer);
    this.#wake(null);
    const closing = this.#session;
    this.#session = null;
    closing?.close();
  }

  #wake(found: CellSession | null): void {
    for (const wake of this.#waiting) wake(found);
    this.#waiting.clear();
  }

  async #beat(over: CellSession): Promise<void> {
    this.#inventory = await answered(over.inventory(), 2 * this.#options.heartbeatMs);
    this.#lastHeartbeat = Date.now();
  }

  #scheduleBeat(over: CellSession): void {
    const { heartbeatMs, log } = this.#options;
    this.#beatTimer = setTimeout(() => {
      this.#beat(over).then(
        () => {
          if (this.#session === over) this.#scheduleBeat(over);
        },
        (error: unknown) => {
          if (this.#session !== over) return;
          log.warn(`the cell does not answer its heartbeat: ${messageOf(error)}`);
          this.giveUp(over);
        },
      );
    }, heartbeatMs);
    this.#beatTimer.unref();
  }

  #noteLost(over: CellSession): void {
    if (this.#session !== over) return;
    this.#session = null;
    clearTimeout(this.#beatTimer);
    if (this.#isStopped) return;
    this.#options.lost();
    this.#tryLater();
  }

  #tryLater(): void {
    const delay = BACKOFF[Math.min(this.#attempt, BACKOFF.length - 1)] ?? 0;
    this.#attempt += 1;
    this.#retryTimer = setTimeout(() => void this.#tryOnce(), delay);
    this.#retryTimer.unref();
  }

  async #tryOnce(): Promise<void> {
    const { log } = this.#options;
    try {
      const opened = await this.#open();
      if (this.#isStopped) opened.close();
      else this.#use(opened);
    } catch (error) {
      // The log has a failure once, not at every attempt.
      if (messageOf(error) !== this.#lastFailure) log.warn(`cannot reach the cell: ${messageOf(error)}`);
      this.#lastFailure = messageOf(error);
      if (!this.#isStopped) this.#tryLater();
    }
  }

  async #open(): Promise<CellSession> {
    const { connect, cellId } = this.#options;
    const session = await connect();
    const { identity } = session;
    try {
      if (identity.cell_id !== cellId) throw new Error(`the cell there is ${identity.cell_id}, not ${cellId}`);
      await this.#beat(session);
      await this.#options.opened(session, this.#identity?.started_at !== identity.started_at);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  #use(opened: CellSession): void {
    const { cellId, log } = this.#options;
    this.#session = opened;
    this.#identity = opened.identity;
    this.#firstCell.resolve(opened.identity);
    this.#attempt = 0;
    this.#lastFailure = '';
    log.info(`connected to cell ${cellId} over ${opened.identity.transport}`);
    void opened.closed.then((reason) => {
      if (this.#session === opened && !this.#isStopped) log.warn(`lost the cell: ${reason}`);
      this.#noteLost(opened);
    });
    this.#scheduleBeat(opened);
    this.#wake(opened);
  }
}

async function answered<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
