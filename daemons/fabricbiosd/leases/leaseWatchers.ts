/**
 * Reports changed bytes in a watched range of a lease.
 *
 * Writes over the data plane are reported as they happen. A tasklet writes straight into shared
 * memory, so while a run is in a watched lease, the lease is compared with a copy: every
 * {@link SCAN_MS} ms, and once at the end of the run. Without a watcher or a run, nothing is
 * copied, compared or timed.
 */
import type { LiveLease } from './leaseTable.ts';

export interface Change {
  /** In the lease, bytes. */
  offset: number;
  length: number;
}

interface Watch {
  offset: number;
  end: number;
  notify(change: Change): void;
}

interface WatchedLease {
  lease: LiveLease;
  watches: Set<Watch>;
  /** The content of the lease when it was last compared; only while a run is in it. */
  copy: Buffer | undefined;
}

const SCAN_MS = 50;
/** Changed bytes closer together than this are reported as one range. */
const GAP_BYTES = 64;

export class LeaseWatchers {
  readonly #watched = new Map<string, WatchedLease>();
  readonly #running = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** Watches a range until the returned function is called. */
  watch(lease: LiveLease, range: Change, notify: (change: Change) => void): () => void {
    const watch: Watch = { offset: range.offset, end: range.offset + range.length, notify };
    const watched = this.#watched.get(lease.id) ?? { lease, watches: new Set(), copy: undefined };
    this.#watched.set(lease.id, watched);
    watched.watches.add(watch);
    if (this.#running.has(lease.id)) watched.copy ??= copyOf(lease);
    this.#arm();
    return () => {
      watched.watches.delete(watch);
      if (watched.watches.size === 0) this.#watched.delete(lease.id);
      this.#arm();
    };
  }

  /** Bytes were written over the data plane. */
  wrote(lease: LiveLease, change: Change): void {
    const watched = this.#watched.get(lease.id);
    if (watched === undefined) return;
    watched.copy?.set(lease.window.subarray(change.offset, change.offset + change.length), change.offset);
    tell(watched, change);
  }

  runStarted(lease: LiveLease): void {
    this.#running.add(lease.id);
    const watched = this.#watched.get(lease.id);
    if (watched !== undefined) watched.copy = copyOf(lease);
    this.#arm();
  }

  /** Call it before the lease is held or ended. */
  runEnded(lease: LiveLease): void {
    this.#running.delete(lease.id);
    const watched = this.#watched.get(lease.id);
    if (watched !== undefined) {
      compare(watched);
      watched.copy = undefined;
    }
    this.#arm();
  }

  forget(lease: LiveLease): void {
    this.#watched.delete(lease.id);
    this.#running.delete(lease.id);
    this.#arm();
  }

  #arm(): void {
    const isNeeded = [...this.#running].some((id) => this.#watched.has(id));
    if (isNeeded === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = isNeeded ? setInterval(() => this.#scan(), SCAN_MS) : undefined;
  }

  #scan(): void {
    for (const watched of this.#watched.values()) compare(watched);
  }
}

function copyOf(lease: LiveLease): Buffer {
  return Buffer.from(lease.window);
}

function compare(watched: WatchedLease): void {
  const { copy, lease } = watched;
  if (copy === undefined) return;
  const now = copyOf(lease);
  if (now.equals(copy)) return;
  watched.copy = now;
  for (const change of changesBetween(copy, now)) tell(watched, change);
}

/** The ranges in which two buffers of one length differ. */
export function changesBetween(before: Uint8Array, after: Uint8Array): Change[] {
  const changes: Change[] = [];
  let last: Change | undefined;
  for (let at = 0; at < after.length; at++) {
    if (before[at] === after[at]) continue;
    if (last !== undefined && at - (last.offset + last.length) < GAP_BYTES) {
      last.length = at + 1 - last.offset;
    } else {
      last = { offset: at, length: 1 };
      changes.push(last);
    }
  }
  return changes;
}

function tell(watched: WatchedLease, change: Change): void {
  for (const { offset, end, notify } of watched.watches) {
    const from = Math.max(offset, change.offset);
    const to = Math.min(end, change.offset + change.length);
    if (from < to) notify({ offset: from, length: to - from });
  }
}
