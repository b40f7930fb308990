/**
 * The scheduler's one link to its cell.
 *
 * It connects, beats, reconnects, and carries runs over a connection that breaks. A lost connection
 * is noticed at once. The heartbeat finds a cell that is there but does not answer.
 */
import type { DaemonLog } from '../../protocol/daemonLog.ts';
import type { CellIdentity, CellInventory } from '../../protocol/fabricControl.ts';
import { Refused } from '../refused.ts';
import { type CellJob, type CellOutcome, CellRefused, type CellSession } from './cellSession.ts';

export interface CellStatus {
  identity: CellIdentity | null;
  inventory: CellInventory | null;
  healthy: boolean;
  /** Milliseconds since 1970. */
  lastHeartbeat: number | null;
}

export interface FabricLink {
  status(): CellStatus;
  /**
   * Asks the cell for its inventory now. A cell that does not answer leaves the last inventory; the
   * heartbeat judges the cell.
   */
  refresh(): Promise<void>;
  /** The connection there is, or null. */
  session(): CellSession | null;
  /**
   * Runs a job to its end, over reconnects. A cell answers a run id that it knows with that run's
   * one outcome.
   *
   * @throws {CellRefused} the cell refused the run
   * @throws {CellLost} the outcome cannot be known
   */
  run(job: CellJob, module: () => Promise<Uint8Array>): Promise<CellOutcome>;
  /** Resolves once the first attempt to connect is decided, either way. */
  firstAttempt: Promise<void>;
  /** The cell of the first connection; pending until there is one. */
  firstCell: Promise<CellIdentity>;
  stop(): void;
}

export class CellLost extends Error {
  override name = 'CellLost';
}

export interface LinkOptions {
  connect: () => Promise<CellSession>;
  cellId: string;
  log: DaemonLog;
  /** Called for every connection that was made, before runs go over it. */
  onConnected?: (session: CellSession) => Promise<void> | void;
  /**
   * Called when a connection was lost, with the modules that have runs under way.
   *
   * The map has milliseconds since a module's newest run was handed to the cell, by SHA-256.
   */
  onLost?: (modules: ReadonlyMap<string, number>) => void;
  /** Called when the cell gave a run's outcome, with the SHA-256 of its module. */
  onEnded?: (module: string) => void;
  heartbeatMs?: number;
  /** Time that a run waits for a broken connection to come back, milliseconds. */
  reconnectWindowMs?: number;
}

const DEFAULTS = { heartbeatMs: 2_000, reconnectWindowMs: 5_000 };

/**
 * Milliseconds before the next attempt: at once after a loss, then slower, so that a cell that is
 * down costs next to nothing.
 */
const BACKOFF = [0, 50, 100, 200, 400, 800, 1_600, 3_000];

/** A run whose submit breaks every connection must not be asked for without end. */
const SUBMIT_TRIES = 3;

export function fabricLink(options: LinkOptions): FabricLink {
  const { connect, cellId, log, onConnected, onLost, onEnded } = options;
  const { heartbeatMs, reconnectWindowMs } = { ...DEFAULTS, ...options };

  let session: CellSession | null = null;
  let identity: CellIdentity | null = null;
  let inventory: CellInventory | null = null;
  let lastHeartbeat: number | null = null;
  let isStopped = false;
  let attempt = 0;
  let retryTimer: NodeJS.Timeout | undefined;
  let beatTimer: NodeJS.Timeout | undefined;
  let lastFailure = '';
  /** Modules this cell process holds, as far as we put or used them. */
  const modules = new Map<string, Promise<void>>();
  /** Module of each unanswered run, and the time when the run was handed to the cell. */
  const underWay = new Map<string, { sha256: string; since: number }>();
  const waiting = new Set<(session: CellSession | null) => void>();
  const firstCell = Promise.withResolvers<CellIdentity>();

  const wake = (found: CellSession | null): void => {
    for (const tell of waiting) tell(found);
    waiting.clear();
  };

  const beat = async (over: CellSession): Promise<void> => {
    inventory = await answered(over.inventory(), 2 * heartbeatMs);
    lastHeartbeat = Date.now();
  };

  const scheduleBeat = (over: CellSession): void => {
    beatTimer = setTimeout(() => {
      beat(over).then(
        () => {
          if (session === over) scheduleBeat(over);
        },
        (error: unknown) => {
          if (session !== over) return;
          log.warn(`the cell does not answer its heartbeat: ${messageOf(error)}`);
          over.close();
          lost(over);
        },
      );
    }, heartbeatMs);
    beatTimer.unref();
  };

  const lost = (over: CellSession): void => {
    if (session !== over) return;
    session = null;
    clearTimeout(beatTimer);
    if (isStopped) return;
    const ages = new Map<string, number>();
    for (const { sha256, since } of underWay.values()) {
      ages.set(sha256, Math.min(performance.now() - since, ages.get(sha256) ?? Number.POSITIVE_INFINITY));
    }
    onLost?.(ages);
    tryLater();
  };

  const tryLater = (): void => {
    const delay = BACKOFF[Math.min(attempt, BACKOFF.length - 1)] ?? 0;
    attempt += 1;
    retryTimer = setTimeout(() => void tryOnce(), delay);
    retryTimer.unref();
  };

  const open = async (): Promise<CellSession> => {
    const opened = await connect();
    try {
      if (opened.identity.cell_id !== cellId) {
        throw new Error(`the cell there is ${opened.identity.cell_id}, not ${cellId}`);
      }
      // Another process knows neither our modules nor our runs.
      if (identity?.started_at !== opened.identity.started_at) modules.clear();
      await beat(opened);
      await onConnected?.(opened);
      return opened;
    } catch (error) {
      opened.close();
      throw error;
    }
  };

  const tryOnce = async (): Promise<void> => {
    try {
      const opened = await open();
      if (isStopped) {
        opened.close();
        return;
      }
      session = opened;
      identity = opened.identity;
      firstCell.resolve(identity);
      attempt = 0;
      lastFailure = '';
      log.info(`connected to cell ${cellId} over ${opened.identity.transport}`);
      void opened.closed.then((reason) => {
        if (session === opened && !isStopped) log.warn(`lost the cell: ${reason}`);
        lost(opened);
      });
      scheduleBeat(opened);
      wake(opened);
    } catch (error) {
      // The log has a failure once, not at every attempt.
      if (messageOf(error) !== lastFailure) log.warn(`cannot reach the cell: ${messageOf(error)}`);
      lastFailure = messageOf(error);
      if (!isStopped) tryLater();
    }
  };

  const connected = (): Promise<CellSession> => {
    if (session !== null) return Promise.resolve(session);
    if (isStopped) return Promise.reject(new CellLost('the scheduler is stopping'));
    return new Promise((resolve, reject) => {
      const tell = (found: CellSession | null): void => {
        clearTimeout(timer);
        waiting.delete(tell);
        if (found === null) reject(new CellLost(`the cell did not come back within ${reconnectWindowMs} ms`));
        else resolve(found);
      };
      const timer = setTimeout(() => tell(null), reconnectWindowMs);
      timer.unref();
      waiting.add(tell);
    });
  };

  /** One promise a module, so that runs that start together put it once. */
  const put = (over: CellSession, sha256: string, module: () => Promise<Uint8Array>): Promise<void> => {
    const known = modules.get(sha256);
    if (known !== undefined) return known;
    const putting = module().then((bytes) => over.putModule(sha256, bytes));
    modules.set(sha256, putting);
    putting.catch(() => modules.delete(sha256));
    return putting;
  };

  const submit = async (over: CellSession, job: CellJob, module: () => Promise<Uint8Array>): Promise<CellOutcome> => {
    if (modules.has(job.module_sha256)) {
      await modules.get(job.module_sha256);
      try {
        return await over.submit(job);
      } catch (error) {
        // The cell bounds how many modules it keeps.
        if (!(error instanceof CellRefused) || error.code !== 'module_unknown') throw error;
        modules.delete(job.module_sha256);
      }
    }
    await put(over, job.module_sha256, module);
    return over.submit(job);
  };

  const run: FabricLink['run'] = async (job, module) => {
    let startedAt: string | undefined;
    for (let tries = 1; ; tries += 1) {
      const over = await connected();
      if (startedAt !== undefined && startedAt !== over.identity.started_at) {
        throw new CellLost('the cell was restarted while the run was under way');
      }
      startedAt = over.identity.started_at;
      try {
        underWay.set(job.run_id, { sha256: job.module_sha256, since: performance.now() });
        const outcome = await submit(over, job, module);
        onEnded?.(job.module_sha256);
        return outcome;
      } catch (error) {
        if (error instanceof CellRefused || error instanceof Refused) throw error;
        // Whatever else a session throws, no answer will come over it any more.
        log.warn(`run ${job.run_id}: no answer from the cell (${messageOf(error)})`);
        over.close();
        lost(over);
        if (tries >= SUBMIT_TRIES) throw new CellLost(`the connection to the cell broke ${tries} times during the run`);
      } finally {
        underWay.delete(job.run_id);
      }
    }
  };

  return {
    status: () => ({ identity, inventory, healthy: session !== null, lastHeartbeat }),
    refresh: async () => {
      if (session !== null) await beat(session).catch(() => {});
    },
    session: () => session,
    run,
    firstAttempt: tryOnce(),
    firstCell: firstCell.promise,
    stop: () => {
      isStopped = true;
      clearTimeout(retryTimer);
      clearTimeout(beatTimer);
      wake(null);
      const closing = session;
      session = null;
      closing?.close();
    },
  };
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
