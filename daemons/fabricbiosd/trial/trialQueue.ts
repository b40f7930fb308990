/** Trials at one time. */
const SLOTS = 2;

interface Waiting<Result> {
  tenant: string;
  start: () => Promise<Result>;
  settle: (result: Promise<Result>) => void;
}

/**
 * Gives each tenant at most one trial at a time, in the order they came: a tenant with many costly modules does
 * not keep another's waiting.
 */
export class TrialQueue<Result> {
  readonly #waiting: Array<Waiting<Result>> = [];
  readonly #active = new Set<string>();

  run(tenant: string, start: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve) => {
      this.#waiting.push({ tenant, start, settle: resolve });
      this.#next();
    });
  }

  #next(): void {
    while (this.#active.size < SLOTS) {
      const at = this.#waiting.findIndex(({ tenant }) => !this.#active.has(tenant));
      const [one] = at === -1 ? [] : this.#waiting.splice(at, 1);
      if (one === undefined) return;
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
