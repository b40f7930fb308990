import type { MeteredModule } from '../../../wasm/meter/meteredModule.ts';
import { PAGE_BYTES } from '../../../wasm/read/pages.ts';

/**
 * Above this size, wiping a memory takes longer than a new one does (`npm run bench -- runtime`).
 */
const LENT_AGAIN_BYTES = 4 * 1024 * 1024;

/** Bytes of all that is kept for later runs; what was not used longest goes first. */
const KEPT_BYTES = 8 * 1024 * 1024;

/**
 * Most memories kept, whatever their size.
 *
 * Each reserves gigabytes of address space, and V8 has room for some 13 000 of them in a process.
 */
const KEPT_MAX = 64;

type Limits = NonNullable<MeteredModule['memory']>;

/**
 * The linear memories of a worker's runs.
 *
 * A memory is lent to one run after another. In between it gets its first state back: all zeros,
 * and its first length. A memory cannot shrink, so one that grew is not lent again. A memory of
 * other limits is of another kind.
 */
export class LinearMemories {
  readonly #kept = new Map<string, WebAssembly.Memory>();
  #keptBytes = 0;

  /**
   * Lends a memory of zeros that no other run has.
   *
   * @throws {RangeError} when there is no room for a new one
   */
  lend({ min, max }: Limits): WebAssembly.Memory {
    const kind = `${min} ${max}`;
    const memory = this.#kept.get(kind);
    if (memory === undefined) return new WebAssembly.Memory({ initial: min, maximum: max });
    this.#drop(kind, memory);
    return memory;
  }

  /**
   * Wipes a memory whose run ended, however it ended, or gives it up.
   * @returns bytes left to the collector
   */
  takeBack(memory: WebAssembly.Memory, { min, max }: Limits): number {
    const bytes = memory.buffer.byteLength;
    if (bytes !== min * PAGE_BYTES || bytes > LENT_AGAIN_BYTES) return bytes;
    new Uint8Array(memory.buffer).fill(0);
    this.#kept.set(`${min} ${max}`, memory);
    this.#keptBytes += bytes;
    let left = 0;
    for (const [kind, oldest] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES && this.#kept.size <= KEPT_MAX) break;
      left += oldest.buffer.byteLength;
      this.#drop(kind, oldest);
    }
    return left;
  }

  #drop(kind: string, memory: WebAssembly.Memory): void {
    this.#kept.delete(kind);
    this.#keptBytes -= memory.buffer.byteLength;
  }
}
