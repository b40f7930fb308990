import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Memories of ended runs, and their bytes, that may wait for the collector. V8 has room for about
 * 13 000 live memories in a process.
 */
const MEMORIES_WAITING = 1_024;
const BYTES_WAITING = 128 * 1024 * 1024;

/**
 * Collects the memories of ended runs at a bounded distance.
 *
 * V8 by itself may let thousands of small instances wait, each with gigabytes of reserved
 * addresses, and it only ever looks into its own worker.
 */
export class Garbage {
  readonly #collect: (() => void) | null = collector();
  #memories = 0;
  #bytes = 0;

  /** Says whether this engine collects on request. Otherwise workers must be replaced early. */
  get collects(): boolean {
    return this.#collect !== null;
  }

  /** Counts a memory, or a few, that will not be used again; true when {@link sweep} is due. */
  add(memoryBytes: number): boolean {
    this.#memories++;
    this.#bytes += memoryBytes;
    return this.#collect !== null && (this.#memories >= MEMORIES_WAITING || this.#bytes >= BYTES_WAITING);
  }

  sweep(): void {
    this.#memories = 0;
    this.#bytes = 0;
    this.#collect?.();
  }
}

function collector(): (() => void) | null {
  // The flag adds `gc` to contexts made from now on, and so not to the worker's own.
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('typeof gc === "function" ? gc : null');
  // Else the workers that start later would all have it.
  setFlagsFromString('--no-expose-gc');
  return typeof collect === 'function' ? () => collect() : null;
}
