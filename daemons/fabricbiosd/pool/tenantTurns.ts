/**
 * Items that wait, in the order in which tenants take turns: the first is of the tenant whose last
 * turn is longest ago. Items of one tenant keep their order.
 */
export class TenantTurns<Item extends { readonly tenant: string }> {
  /** A Map keeps the order of insertion: a tenant that had its turn is inserted anew. */
  readonly #items = new Map<string, Set<Item>>();
  readonly #lookedThrough: number;
  #size = 0;

  /** @param lookedThrough items of one tenant among which one that fits is looked for */
  constructor(lookedThrough: number) {
    this.#lookedThrough = lookedThrough;
  }

  get size(): number {
    return this.#size;
  }

  add(item: Item): void {
    const items = this.#items.get(item.tenant);
    if (items === undefined) this.#items.set(item.tenant, new Set([item]));
    else items.add(item);
    this.#size += 1;
  }

  /** Gives the item whose turn is next among those that fit. It stays until it is taken. */
  next(fits: (item: Item) => boolean): Item | undefined {
    for (const items of this.#items.values()) {
      let looked = 0;
      for (const item of items) {
        if (fits(item)) return item;
        if (++looked === this.#lookedThrough) break;
      }
    }
    return undefined;
  }

  /** Takes an item out; its tenant has had its turn. */
  take(item: Item): void {
    if (!this.delete(item)) return;
    const rest = this.#items.get(item.tenant);
    if (rest === undefined) return;
    this.#items.delete(item.tenant);
    this.#items.set(item.tenant, rest);
  }

  /**
   * Takes an item out without a turn.
   *
   * @returns false where it is not here
   */
  delete(item: Item): boolean {
    const items = this.#items.get(item.tenant);
    if (items?.delete(item) !== true) return false;
    if (items.size === 0) this.#items.delete(item.tenant);
    this.#size -= 1;
    return true;
  }

  /** Takes all items out. */
  clear(): Item[] {
    const all = [...this.#items.values()].flatMap((items) => [...items]);
    this.#items.clear();
    this.#size = 0;
    return all;
  }
}
