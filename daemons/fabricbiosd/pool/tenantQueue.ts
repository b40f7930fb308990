import { TenantTurns } from './tenantTurns.ts';

interface Waiting<Result> {
  tenant: string;
  start: () => Promise<Result>;
  settle: (result: Promise<Result>) => void;
}

/**
 * Gives each tenant at most one place at a time, and lets tenants take turns.
 *
 * A tenant with many costly modules does not keep another's waiting.
 */
export class TenantQueue<Result> {
  readonly #slots: number;
  readonly #waiting = new TenantTurns<Waiting<Result>>(1);
  readonly #active = new Set<string>();

  /** @param slots places at one time */
  constructor(slots: number) {
    this.#slots = slots;
  }

  /**
   * Starts work when its tenant has its turn.
   *
   * @param signal takes work that has not begun out of the queue
   * @returns undefined where the signal did
   */
  run(tenant: string, start: () => Promise<Result>, signal: AbortSignal): Promise<Result | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const one: Waiting<Result> = { tenant, start, settle: resolve };
      signal.addEventListener('abort', () => this.#waiting.delete(one) && resolve(undefined), { once: true });
      this.#waiting.add(one);
      this.#next();
    });
  }

  #next(): void {
    while (this.#active.size < this.#slots) {
      const one = this.#waiting.next(({ tenant }) => !this.#active.has(tenant));
      if (one === undefined) return;
      this.#waiting.take(one);
      this.#active.add(one.tenant);
      const result = one.start();
      one.settle(result);
      void result
        .catch(() => {})
        .then(() => {
          this.#active.delete(one.tenant);
          this.#next();
        });
    }
  }
}
