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
  readonly #waiting: Array<Waiting<Result>> = [];
  readonly #active = new Set<string>();
  /** Tenant that got a place last. */
  #last = '';

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
      signal.addEventListener(
        'abort',
        () => {
          const at = this.#waiting.indexOf(one);
          if (at === -1) return;
          this.#waiting.splice(at, 1);
          resolve(undefined);
        },
        { once: true },
      );
      this.#waiting.push(one);
      this.#next();
    });
  }

  #next(): void {
    while (this.#active.size < this.#slots) {
      const isFree = ({ tenant }: Waiting<Result>) => !this.#active.has(tenant);
      const other = this.#waiting.findIndex((one) => isFree(one) && one.tenant !== this.#last);
      const at = other === -1 ? this.#waiting.findIndex(isFree) : other;
      const [one] = at === -1 ? [] : this.#waiting.splice(at, 1);
      if (one === undefined) return;
      this.#active.add(one.tenant);
      this.#last = one.tenant;
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
