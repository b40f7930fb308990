import type { SchedulerClient } from '../../daemons/protocol/schedulerClient.ts';
import type { Run, RunState } from '../../daemons/protocol/tenantApi.ts';
import type { ProviderName } from '../../toolchain/deploy/resolveProvider.ts';
import { Emitter } from '../emitter.ts';

export interface RunEntry {
  root: string;
  provider: ProviderName;
  run: Run;
}

/** More than a person looks through; each provider is asked for so many. */
const RUNS_MAX = 100;
/** Waits before a provider whose stream broke is asked again, while somebody looks, milliseconds. */
const AGAIN_MS = [500, 2_000, 10_000, 60_000];

const ORDER: Record<RunState, number> = { admitted: 0, placed: 1, running: 2, succeeded: 3, failed: 3, cancelled: 3 };

export interface RunsSource {
  /** Providers this program can have runs at now: the local stack while it runs, clouds with a cell. */
  providers(): Promise<ProviderName[]>;
  connect(provider: ProviderName): Promise<SchedulerClient & Disposable>;
  log(text: string): void;
}

/** The runs of a program at all its providers, newest first: told by each scheduler's events while somebody looks, kept when it goes away. */
export class RunsModel implements Disposable {
  readonly root: string;
  readonly #source: RunsSource;
  readonly #changed = new Emitter<RunEntry | undefined>();
  /** One run that changed, or undefined when the list did. */
  readonly onChanged = this.#changed.event;
  readonly #runs = new Map<string, RunEntry>();
  readonly #following = new Map<ProviderName, AbortController>();
  #attention = 0;

  constructor(root: string, source: RunsSource) {
    this.root = root;
    this.#source = source;
  }

  /** Newest first. */
  get entries(): RunEntry[] {
    return [...this.#runs.values()].sort((left, right) =>
      left.run.created_at < right.run.created_at ? 1 : left.run.created_at > right.run.created_at ? -1 : 0,
    );
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

  /** Takes note of a run as a provider told it. */
  put(provider: ProviderName, run: Run): void {
    const before = this.#runs.get(run.run_id);
    // An end is final; what arrives later was sent earlier.
    if (before !== undefined && before.run.ended_at !== null && run.ended_at === null) return;
    const entry: RunEntry = { root: this.root, provider, run };
    if (before === undefined) {
      this.#runs.set(run.run_id, entry);
      this.#changed.fire(undefined);
      return;
    }
    // Events may be older than the list that was asked for after them.
    if (ORDER[run.state] < ORDER[before.run.state]) return;
    if (before.run.state === run.state && (before.run.response === null) === (run.response === null)) return;
    // The same object, because the tree knows its nodes by it.
    before.run = run;
    this.#changed.fire(before);
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

  /** Looks which providers there are, and follows those it does not follow yet; nothing while nobody looks. */
  async refresh(): Promise<void> {
    if (this.#attention === 0) return;
    const providers = await this.#source.providers().catch((error: unknown) => {
      this.#source.log(`the providers cannot be told: ${messageOf(error)}`);
      return [] as ProviderName[];
    });
    if (this.#attention === 0) return;
    for (const [provider, following] of this.#following) if (!providers.includes(provider)) following.abort();
    for (const provider of providers) {
      if (this.#following.has(provider)) continue;
      const following = new AbortController();
      this.#following.set(provider, following);
      void this.#follow(provider, following.signal).finally(() => {
        if (this.#following.get(provider) === following) this.#following.delete(provider);
      });
    }
  }

  async #follow(provider: ProviderName, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        using client = await this.#source.connect(provider);
        await this.#followClient(provider, client, signal);
        failures = -1;
      } catch (error) {
        if (signal.aborted) return;
        this.#source.log(`runs of ${provider}: ${messageOf(error)}`);
        // The local stack tells by its state when it is worth asking again.
        if (provider === 'local') return;
      }
      await pause(AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)] ?? 0, signal);
    }
  }

  async #followClient(provider: ProviderName, client: SchedulerClient, signal: AbortSignal): Promise<void> {
    for await (const event of client.allEvents({ signal })) {
      switch (event.event) {
        case 'listening':
          // Oldest first, so that a program with many draws its list once, from the end.
          for (const run of (await client.listRuns({ limit: RUNS_MAX }, { signal })).reverse()) this.put(provider, run);
          break;
        case 'state':
          this.put(provider, { ...event.data.run, state: event.data.state });
          break;
        case 'end':
          this.put(provider, event.data);
          break;
        case 'refused':
          // The cell would not have it: it is no run after all.
          if (this.#runs.delete(event.data.run_id)) this.#changed.fire(undefined);
          break;
        case 'closed':
          return;
      }
    }
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
