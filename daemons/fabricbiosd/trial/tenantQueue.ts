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

  run(tenant: string, start: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve) => {
      this.#waiting.push({ tenant, start, settle: resolve });
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
