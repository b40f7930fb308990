import type { RunError } from '../../wire/runError.ts';

/**
 * Most distinct function types of all modules, and of one tenant's.
 *
 * V8 keeps every type that any thread of its process met, and ends the process at a million. The
 * last module that is let in may go past these bounds by its own types.
 */
const ALL_MAX = 700_000;
const TENANT_MAX = 100_000;

/** Counts the function types that V8 may have met, by the tenant that brought them. */
export class TypeBudget {
  readonly #met = new Set<number>();
  readonly #broughtBy = new Map<string, number>();

  /**
   * Counts the types of a module that will be compiled.
   *
   * @param types their hashes ({@link typesMet})
   */
  add(tenant: string, types: readonly number[]): void {
    const before = this.#met.size;
    for (const type of types) this.#met.add(type);
    const brought = this.#met.size - before;
    if (brought > 0) this.#broughtBy.set(tenant, (this.#broughtBy.get(tenant) ?? 0) + brought);
  }

  /** Gives the reason why a tenant's new modules are refused; null while there is room. */
  refusal(tenant: string): RunError | null {
    const own = this.#broughtBy.get(tenant) ?? 0;
    if (own < TENANT_MAX && this.#met.size < ALL_MAX) return null;
    const whose = own < TENANT_MAX ? 'all tenants' : 'this tenant';
    const count = own < TENANT_MAX ? this.#met.size : own;
    return {
      code: 'module_invalid',
      message: `New modules of ${whose} brought ${count} function types to the cell, which takes no more of them until it is started again.`,
    };
  }
}
