/** Deaths at which a module was running, from which on it is set aside. */
const DEATHS_MAX = 2;

/**
 * Ended runs from which a module counts as proven. Such a module is a suspect only when no other
 * was there at each death: otherwise it was a bystander.
 */
const PROVEN_RUNS = 20;

/** Modules of which is remembered how they did. */
const REMEMBERED = 10_000;

/**
 * Milliseconds after which a run is a bystander, where newer runs are under way.
 *
 * A module ends its cell when it is compiled, or soon after.
 */
const RECENT_MS = 30_000;

/** Weight of a death at which a module was a bystander: it may have waited for its moment. */
const BYSTANDER_DEATH = 0.5;

interface Record {
  deaths: number;
  /** Runs that ended, however. */
  ended: number;
}

/**
 * Finds modules that end their cell.
 *
 * A module is a suspect once it had runs under way at two deaths of the cell. A module that ran
 * well many times is a suspect only when it was there more often than any other.
 */
export class SuspectModules {
  readonly #records = new Map<string, Record>();
  readonly #suspects = new Set<string>();

  get all(): string[] {
    return [...this.#suspects];
  }

  has(sha256: string): boolean {
    return this.#suspects.has(sha256);
  }

  ended(sha256: string): void {
    this.#of(sha256).ended++;
  }

  /**
   * Counts a death of the cell.
   *
   * @param ages milliseconds since the newest run began, by each module with runs under way
   */
  died(ages: ReadonlyMap<string, number>): void {
    const all = [...ages.keys()];
    const isRecent = (sha256: string) => (ages.get(sha256) ?? 0) <= RECENT_MS;
    const hasRecent = all.some(isRecent);
    for (const sha256 of all) this.#of(sha256).deaths += hasRecent && !isRecent(sha256) ? BYSTANDER_DEATH : 1;
    const counts = [...this.#records.values()].map(({ deaths }) => deaths);
    const most = Math.max(...counts, 0);
    const isAlone = counts.filter((count) => count === most).length === 1;
    for (const sha256 of all) {
      const { deaths, ended } = this.#of(sha256);
      const isProven = ended >= PROVEN_RUNS;
      if (deaths >= DEATHS_MAX && (!isProven || (deaths === most && isAlone))) this.#suspects.add(sha256);
    }
  }

  #of(sha256: string): Record {
    let record = this.#records.get(sha256);
    if (record === undefined) {
      record = { deaths: 0, ended: 0 };
      this.#records.set(sha256, record);
      const [oldest = ''] = this.#records.keys();
      if (this.#records.size > REMEMBERED) this.#records.delete(oldest);
    }
    return record;
  }
}
