import { setTimeout as delay } from 'node:timers/promises';

/** Runs that follow each other closely are measured once, milliseconds. */
const GATHER_MS = 300;

/**
 * The bytes of fabric memory that are leased on a program's local cell, as the scheduler answers.
 */
export class LeaseMeter {
  readonly #root: string;
  #leased: number | null = null;
  #measuring: Promise<boolean> | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /** As last measured; null when nobody could say. */
  get leased(): number | null {
    return this.#leased;
  }

  /**
   * @returns whether the value changed
   * @throws {GrafosError} when the stack does not answer
   */
  measure(): Promise<boolean> {
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = undefined;
    });
    return this.#measuring;
  }

  async #measure(): Promise<boolean> {
    await delay(GATHER_MS);
    const { devStatus } = await import('../../toolchain/stack/devStatus.ts');
    const before = this.#leased;
    this.#leased = (await devStatus(this.#root, AbortSignal.timeout(5_000))).leased_bytes;
    return this.#leased !== before;
  }
}
