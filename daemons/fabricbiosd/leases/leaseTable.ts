/**
 * Leases of the cell's memory pool: windows of one SharedArrayBuffer, first fit, each with an end
 * that is enforced.
 */
import { randomBytes } from 'node:crypto';
import type { Lease } from '../../wire/fabricControl.ts';
import { FabricRefusedError } from '../control/fabricRefused.ts';
import { type CellClock, rfc3339 } from './cellClock.ts';

export type LeaseEndReason = 'lease_expired' | 'lease_freed' | 'shutting_down';

/** A run that works in a lease's window. */
export interface LeaseHolder {
  /** Takes the window from the run: once this returns the run can never touch it again. */
  fence(why: LeaseEndReason): void;
}

export interface LiveLease {
  readonly id: string;
  readonly tenant: string;
  readonly runId: string | null;
  /** Offset in the pool, bytes. */
  readonly offset: number;
  readonly bytes: number;
  readonly generation: number;
  /**
   * Cell time, milliseconds. Not enforced while a run holds the lease: the run is bounded itself.
   */
  readonly expiresAt: number;
  /** The lease's bytes, all of them and no other. */
  readonly window: Uint8Array;
  /** The run that works in the lease; null before it, and during the hold. */
  readonly holder: LeaseHolder | null;
}

interface Entry extends LiveLease {
  generation: number;
  expiresAt: number;
  holder: LeaseHolder | null;
}

export interface LeaseEvents {
  /** The lease is gone, its bytes are about to be zeroed. Tokens for it are dead. */
  ended(lease: LiveLease, why: LeaseEndReason): void;
  /** Tokens of the generation before are dead. */
  renewed(lease: LiveLease): void;
}

/** Windows begin at multiples of this, so that two leases never share a machine word. */
const ALIGNMENT = 16;

export class LeaseTable {
  readonly #pool: SharedArrayBuffer;
  readonly #clock: CellClock;
  readonly #events: LeaseEvents;
  readonly #live = new Map<string, Entry>();
  /** Windows in use, in the order of their offsets. */
  readonly #windows: Array<{ offset: number; end: number }> = [];
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(pool: SharedArrayBuffer, clock: CellClock, events: LeaseEvents) {
    this.#pool = pool;
    this.#clock = clock;
    this.#events = events;
  }

  get capacity(): number {
    return this.#pool.byteLength;
  }

  /** Bytes of all leases. */
  get leased(): number {
    let sum = 0;
    for (const { bytes } of this.#live.values()) sum += bytes;
    return sum;
  }

  get size(): number {
    return this.#live.size;
  }

  get(id: string): LiveLease | undefined {
    return this.#live.get(id);
  }

  list(): LiveLease[] {
    return [...this.#live.values()];
  }

  /** Zeroed memory. Throws FabricRefusedError `mem_capacity_exceeded`. */
  alloc(request: { tenant: string; bytes: number; ttlMs: number; runId?: string; holder?: LeaseHolder }): LiveLease {
    const { tenant, bytes, ttlMs, runId = null, holder = null } = request;
    const offset = this.#reserve(bytes);
    const entry: Entry = {
      id: `lease-${randomBytes(12).toString('hex')}`,
      tenant,
      runId,
      offset,
      bytes,
      generation: 1,
      expiresAt: this.#clock() + ttlMs,
      window: new Uint8Array(this.#pool, offset, bytes),
      holder,
    };
    this.#live.set(entry.id, entry);
    this.#arm();
    return entry;
  }

  /**
   * A new end, counted from now, and a new generation.
   *
   * @throws {FabricRefusedError} lease_unknown
   */
  renew(id: string, ttlMs: number): LiveLease {
    const entry = this.#known(id);
    entry.expiresAt = this.#clock() + ttlMs;
    entry.generation++;
    this.#arm();
    this.#events.renewed(entry);
    return entry;
  }

  /**
   * Starts the hold, after the run in the lease has ended. The lease lives `holdMs` longer, or
   * until the end that a renewal has given it.
   */
  hold(id: string, holdMs: number): void {
    const entry = this.#live.get(id);
    if (entry === undefined) return;
    const until = this.#clock() + holdMs;
    entry.expiresAt = entry.generation === 1 ? until : Math.max(until, entry.expiresAt);
    entry.holder = null;
    this.#arm();
  }

  /** The run in the lease is over, and so is the lease. */
  release(id: string): void {
    const entry = this.#live.get(id);
    if (entry === undefined) return;
    entry.holder = null;
    this.#end(entry, 'lease_freed');
  }

  /**
   * Frees a lease. A run that holds it loses it, and learns so from its next access.
   *
   * @throws {FabricRefusedError} lease_unknown
   */
  free(id: string): void {
    this.#end(this.#known(id), 'lease_freed');
  }

  stop(): void {
    for (const entry of [...this.#live.values()]) this.#end(entry, 'shutting_down');
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #known(id: string): Entry {
    const entry = this.#live.get(id);
    if (entry === undefined)
      throw new FabricRefusedError('lease_unknown', `There is no lease ${id}; it may have ended.`);
    return entry;
  }

  #reserve(bytes: number): number {
    let offset = 0;
    let at = 0;
    for (const window of this.#windows) {
      if (window.offset - offset >= bytes) break;
      offset = Math.ceil(window.end / ALIGNMENT) * ALIGNMENT;
      at++;
    }
    if (offset + bytes > this.#pool.byteLength) {
      throw new FabricRefusedError(
        'mem_capacity_exceeded',
        `No window of ${bytes} bytes is free: ${this.leased} of ${this.capacity} bytes are leased.`,
      );
    }
    this.#windows.splice(at, 0, { offset, end: offset + bytes });
    return offset;
  }

  #end(entry: Entry, why: LeaseEndReason): void {
    this.#live.delete(entry.id);
    this.#events.ended(entry, why);
    // Zeroed only once the run cannot write any more, and not given to anybody before.
    entry.holder?.fence(why);
    entry.window.fill(0);
    const at = this.#windows.findIndex(({ offset }) => offset === entry.offset);
    if (at !== -1) this.#windows.splice(at, 1);
    this.#arm();
  }

  #arm(): void {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { expiresAt, holder } of this.#live.values()) {
      if (holder === null) earliest = Math.min(earliest, expiresAt);
    }
    if (earliest === this.#timerAt && this.#timer !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = earliest;
    if (earliest === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#expire(), Math.max(0, Math.ceil(earliest - this.#clock())));
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock();
    // The timer may be late for several. They end in the order in which they were over.
    const over = [...this.#live.values()]
      .filter(({ holder, expiresAt }) => holder === null && expiresAt <= now)
      .sort((a, b) => a.expiresAt - b.expiresAt);
    for (const entry of over) this.#end(entry, 'lease_expired');
    this.#arm();
  }
}

/** The lease as the wire shows it. */
export function leaseView(lease: LiveLease): Lease {
  return {
    lease_id: lease.id,
    generation: lease.generation,
    kind: 'mem',
    tenant: lease.tenant,
    bytes: lease.bytes,
    expires_at: rfc3339(lease.expiresAt),
    run_id: lease.runId,
  };
}
