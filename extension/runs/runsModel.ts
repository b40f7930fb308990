import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { Run, RunState } from '../../daemons/wire/tenantApi.ts';
import type { ProviderName } from '../../toolchain/deploy/resolveProvider.ts';
import { Emitter } from '../emitter.ts';

/** A scheduler that has runs: the local one, or that of one cell of a cloud. */
export interface RunsPlace {
  provider: ProviderName;
  /** Name of the cell, at a cloud. */
  cell?: string | undefined;
}

export interface RunEntry extends RunsPlace {
  root: string;
  run: Run;
}

/** Runs of one request to a provider. */
const PAGE = 100;
/** Runs of one provider that are listed at most. */
const RUNS_MAX = 10_000;
/**
 * Waits before a provider whose stream broke is asked again, while the runs are shown,
 * milliseconds.
 */
const AGAIN_MS = [500, 2_000, 10_000, 60_000];

const ORDER: Record<RunState, number> = { admitted: 0, placed: 1, running: 2, succeeded: 3, failed: 3, cancelled: 3 };

export interface RunsSource {
  /**
   * The places where this program can have runs now: the local stack while it runs, and the cells
   * of clouds.
   */
  places(): Promise<RunsPlace[]>;
  connect(place: RunsPlace): Promise<SchedulerClient & Disposable>;
  log(text: string): void;
}

/**
 * The runs of a program at all its providers, newest first. The events of each scheduler keep them
 * current while they are shown. They are kept when the scheduler goes away.
 */
export class RunsModel implements Disposable {
  readonly root: string;
  readonly #source: RunsSource;
  readonly #changed = new Emitter<RunEntry | undefined>();
  /** One run that changed, or undefined when the list did. */
  readonly onChanged = this.#changed.event;
  readonly #runs = new Map<string, RunEntry>();
  /** By the key of a place. */
  readonly #following = new Map<string, AbortController>();
  /**
   * The oldest run that each place listed, and the count of listed runs. No id: there are no older
   * runs.
   */
  readonly #listed = new Map<string, { place: RunsPlace; oldest: string | undefined; count: number }>();
  /** Ids of remembered runs that no provider has listed since the window opened. */
  readonly #remembered = new Set<string>();
  #attention = 0;
  #sorted: RunEntry[] | undefined;

  /**
   * @param known runs that were seen earlier; they are listed until their provider answers
   */
  constructor(root: string, source: RunsSource, known: readonly RunEntry[] = []) {
    this.root = root;
    this.#source = source;
    for (const entry of known) {
      this.#runs.set(entry.run.run_id, entry);
      this.#remembered.add(entry.run.run_id);
    }
  }

  /** Newest first. */
  get entries(): RunEntry[] {
    this.#sorted ??= [...this.#runs.values()].sort((left, right) =>
      left.run.created_at < right.run.created_at ? 1 : left.run.created_at > right.run.created_at ? -1 : 0,
    );
    return this.#sorted;
  }

  /** True where a followed provider has runs older than those listed. */
  get hasOlder(): boolean {
    return this.#following.size > 0 && [...this.#listed.values()].some(({ oldest }) => oldest !== undefined);
  }

  /**
   * Lists the next older runs of every provider that has some.
   *
   * @throws {GrafosError} the codes of the tenant API
   */
  async more(): Promise<void> {
    for (const { place, oldest } of [...this.#listed.values()]) {
      if (oldest === undefined) continue;
      await this.#listOlder(place, oldest);
    }
  }

  async #listOlder(place: RunsPlace, oldest: string): Promise<void> {
    using client = await this.#source.connect(place);
    await this.#list(place, client, oldest);
  }

  get size(): number {
    return this.#runs.size;
  }

  find(runId: string): RunEntry | undefined {
    return this.#runs.get(runId);
  }

  lastOf(tasklet: string): RunEntry | undefined {
    return this.entries.find(({ run }) => run.tasklet === tasklet);
  }

  /** Takes note of a run as a place reported it. */
  put(place: RunsPlace, run: Run): void {
    const changed = this.#note(place, run);
    if (changed !== 'same') this.#changed.fire(changed);
  }

  /**
   * @returns the entry that changed; undefined where one was added; `same` where nothing changed
   */
  #note({ provider, cell }: RunsPlace, run: Run): RunEntry | undefined | 'same' {
    const before = this.#runs.get(run.run_id);
    // An end is final; what arrives later was sent earlier.
    if (before !== undefined && before.run.ended_at !== null && run.ended_at === null) return 'same';
    if (before === undefined) {
      this.#runs.set(run.run_id, { root: this.root, provider, cell, run });
      this.#sorted = undefined;
      return undefined;
    }
    before.cell ??= cell;
    // Events may be older than the list that was asked for after them.
    if (ORDER[run.state] < ORDER[before.run.state]) return 'same';
    if (before.run.state === run.state && (before.run.response === null) === (run.response === null)) return 'same';
    // The same object, because the tree knows its nodes by it.
    before.run = run;
    return before;
  }

  /** Follows every provider until the answer is disposed of. */
  attend(): { dispose(): void } {
    this.#attention += 1;
    if (this.#attention === 1) void this.refresh();
    let isOver = false;
    return {
      dispose: () => {
        if (isOver) return;
        isOver = true;
        this.#attention -= 1;
        if (this.#attention === 0) this.#endAll();
      },
    };
  }

  /**
   * Looks up the providers, and follows those that it does not follow yet. It does nothing while
   * the runs are not shown.
   */
  async refresh(): Promise<void> {
    if (this.#attention === 0) return;
    const listed = await this.#source.places().catch((error: unknown) => {
      this.#source.log(`the places of runs are unknown: ${messageOf(error)}`);
      return [] as RunsPlace[];
    });
    if (this.#attention === 0) return;
    const places = new Map(listed.map((place) => [keyOf(place), place]));
    for (const [key, following] of this.#following) if (!places.has(key)) following.abort();
    for (const [key, place] of places) {
      if (this.#following.has(key)) continue;
      const following = new AbortController();
      this.#following.set(key, following);
      void this.#follow(place, following.signal).finally(() => {
        if (this.#following.get(key) === following) this.#following.delete(key);
      });
    }
  }

  async #follow(place: RunsPlace, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await this.#followOnce(place, signal);
        failures = -1;
      } catch (error) {
        if (signal.aborted) return;
        this.#source.log(`runs of ${keyOf(place)}: ${messageOf(error)}`);
        // The local stack tells by its state when it is worth asking again.
        if (place.provider === 'local') return;
      }
      await pause(AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)] ?? 0, signal);
    }
  }

  async #followOnce(place: RunsPlace, signal: AbortSignal): Promise<void> {
    using client = await this.#source.connect(place);
    for await (const event of client.allEvents({ signal })) {
      switch (event.event) {
        case 'listening':
          await this.#list(place, client, undefined, signal);
          break;
        case 'state':
          this.put(place, { ...event.data.run, state: event.data.state });
          break;
        case 'end':
          this.put(place, event.data);
          break;
        case 'refused':
          // The cell would not have it: it is no run after all.
          if (this.#runs.delete(event.data.run_id)) {
            this.#sorted = undefined;
            this.#changed.fire(undefined);
          }
          break;
        case 'closed':
          return;
      }
    }
  }

  /** Lists one page of a place's runs, the newest or those before a run, and fires one event. */
  async #list(
    place: RunsPlace,
    client: SchedulerClient,
    before: string | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    const runs = await client.listRuns({ limit: PAGE, ...(before === undefined ? {} : { before }) }, { signal });
    const known = this.#listed.get(keyOf(place));
    const count = (known?.count ?? 0) + runs.length;
    // After a lost connection the newest page is listed again; the oldest run that was reached
    // stays.
    if (before !== undefined || known === undefined) {
      const isLast = runs.length < PAGE || count >= RUNS_MAX;
      this.#listed.set(keyOf(place), { place, oldest: isLast ? undefined : runs.at(-1)?.run_id, count });
    }
    let isChanged = this.#forget(place, runs);
    for (const run of runs) isChanged = this.#note(place, run) !== 'same' || isChanged;
    if (isChanged || before !== undefined) this.#changed.fire(undefined);
  }

  /**
   * Drops remembered runs that the provider did not list although they are in the listed span of
   * time: its store was made anew.
   *
   * @returns true where a run was dropped
   */
  #forget({ provider, cell }: RunsPlace, runs: readonly Run[]): boolean {
    for (const { run_id } of runs) this.#remembered.delete(run_id);
    const reached = runs.length < PAGE ? '' : (runs.at(-1)?.created_at ?? '');
    let isChanged = false;
    for (const id of this.#remembered) {
      const entry = this.#runs.get(id);
      if (entry?.provider !== provider || (entry.cell ?? cell) !== cell || entry.run.created_at < reached) continue;
      this.#remembered.delete(id);
      this.#runs.delete(id);
      this.#sorted = undefined;
      isChanged = true;
    }
    return isChanged;
  }

  #endAll(): void {
    for (const following of this.#following.values()) following.abort();
    this.#following.clear();
  }

  [Symbol.dispose](): void {
    this.#attention = 0;
    this.#endAll();
    this.#changed.dispose();
  }
}

/** The key of a place in the model's own tables. */
function keyOf({ provider, cell }: RunsPlace): string {
  return cell === undefined ? provider : `${provider}: ${cell}`;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    timer.unref();
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
