/** The scheduler's one link to its cell. It carries runs over a connection that breaks. */
import type { DaemonLog } from '../../kit/daemonLog.ts';
import type { CellIdentity } from '../../wire/fabricControl.ts';
import { RefusedError } from '../refused.ts';
import { CellConnection, CellLostError, type CellStatus } from './cellConnection.ts';
import { type CellJob, type CellOutcome, CellRefusedError, type CellSession } from './cellSession.ts';

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
   * Resolves with a connection, once there is one.
   *
   * @throws {CellLostError} it did not come back in time
   */
  connected(): Promise<CellSession>;
  /**
   * Runs a job to its end, over reconnects. A cell answers a run id that it knows with that run's
   * one outcome.
   *
   * @throws {CellRefusedError} the cell refused the run
   * @throws {CellLostError} the outcome cannot be known
   */
  run(job: CellJob, module: () => Promise<Uint8Array>): Promise<CellOutcome>;
  /** Resolves once the first attempt to connect is decided, either way. */
  firstAttempt: Promise<void>;
  /** The cell of the first connection; pending until there is one. */
  firstCell: Promise<CellIdentity>;
  stop(): void;
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

/** A run whose submit breaks every connection must not be asked for without end. */
const SUBMIT_TRIES = 3;

export function createFabricLink(options: LinkOptions): FabricLink {
  return new Link(options);
}

class Link implements FabricLink {
  readonly firstAttempt: Promise<void>;
  readonly #options: LinkOptions;
  readonly #connection: CellConnection;
  /** Modules this cell process holds, as far as we put or used them. */
  readonly #modules = new Map<string, Promise<void>>();
  /** Module of each unanswered run, and the time when the run was handed to the cell. */
  readonly #underWay = new Map<string, { sha256: string; since: number }>();

  constructor(options: LinkOptions) {
    this.#options = options;
    const { connect, cellId, log, onConnected, onLost } = options;
    const { heartbeatMs, reconnectWindowMs } = { ...DEFAULTS, ...options };
    this.#connection = new CellConnection({
      connect,
      cellId,
      log,
      opened: (session, isNew) => {
        // Another process knows neither our modules nor our runs.
        if (isNew) this.#modules.clear();
        return onConnected?.(session);
      },
      lost: () => onLost?.(this.#agesOfModules()),
      heartbeatMs,
      reconnectWindowMs,
    });
    this.firstAttempt = this.#connection.firstAttempt;
  }

  get firstCell(): Promise<CellIdentity> {
    return this.#connection.firstCell;
  }

  status(): CellStatus {
    return this.#connection.status();
  }

  refresh(): Promise<void> {
    return this.#connection.refresh();
  }

  session(): CellSession | null {
    return this.#connection.session;
  }

  connected(): Promise<CellSession> {
    return this.#connection.connected();
  }

  async run(job: CellJob, module: () => Promise<Uint8Array>): Promise<CellOutcome> {
    let startedAt: string | undefined;
    for (let tries = 1; ; tries += 1) {
      const over = await this.#connection.connected();
      if (startedAt !== undefined && startedAt !== over.identity.started_at) {
        throw new CellLostError('the cell was restarted while the run was under way');
      }
      startedAt = over.identity.started_at;
      try {
        this.#underWay.set(job.run_id, { sha256: job.module_sha256, since: performance.now() });
        const outcome = await this.#submit(over, job, module);
        this.#options.onEnded?.(job.module_sha256);
        return outcome;
      } catch (error) {
        if (error instanceof CellRefusedError || error instanceof RefusedError) throw error;
        // Whatever else a session throws, no answer will come over it any more.
        const why = error instanceof Error ? error.message : String(error);
        this.#options.log.warn(`run ${job.run_id}: no answer from the cell (${why})`);
        this.#connection.giveUp(over);
        if (tries >= SUBMIT_TRIES)
          throw new CellLostError(`the connection to the cell broke ${tries} times during the run`);
      } finally {
        this.#underWay.delete(job.run_id);
      }
    }
  }

  stop(): void {
    this.#connection.stop();
  }

  async #submit(over: CellSession, job: CellJob, module: () => Promise<Uint8Array>): Promise<CellOutcome> {
    const known = this.#modules.get(job.module_sha256);
    if (known !== undefined) {
      await known;
      try {
        return await over.submit(job);
      } catch (error) {
        // The cell bounds how many modules it keeps.
        if (!(error instanceof CellRefusedError) || error.code !== 'module_unknown') throw error;
        this.#modules.delete(job.module_sha256);
      }
    }
    await this.#put(over, job.module_sha256, module);
    return over.submit(job);
  }

  /** One promise a module, so that runs that start together put it once. */
  #put(over: CellSession, sha256: string, module: () => Promise<Uint8Array>): Promise<void> {
    const known = this.#modules.get(sha256);
    if (known !== undefined) return known;
    const putting = module().then((bytes) => over.putModule(sha256, bytes));
    this.#modules.set(sha256, putting);
    putting.catch(() => this.#modules.delete(sha256));
    return putting;
  }

  /** Milliseconds since the newest unanswered run of each module was handed to the cell. */
  #agesOfModules(): Map<string, number> {
    const ages = new Map<string, number>();
    for (const { sha256, since } of this.#underWay.values()) {
      ages.set(sha256, Math.min(performance.now() - since, ages.get(sha256) ?? Number.POSITIVE_INFINITY));
    }
    return ages;
  }
}
