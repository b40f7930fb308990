/**
 * A cell without a runtime. The name of a tasklet decides what its run does, so that a test can
 * hold a run where it wants it.
 */
import { randomBytes } from 'node:crypto';
import {
  type CellJob,
  type CellNews,
  type CellOutcome,
  CellRefusedError,
  type CellSession,
} from '../../daemons/scheduler/fabric/cellSession.ts';
import type { Lease } from '../../daemons/wire/fabricControl.ts';

export interface StandInCell {
  connect(news: CellNews): Promise<CellSession>;
  /** Breaks the connection. The cell remembers its runs unless it is `restarted`. */
  drop(restarted?: boolean): void;
  /** While true, nobody can connect. */
  isDown: boolean;
  memCapacity: number;
  /** Every submit that arrived, repeats too. */
  submits: CellJob[];
  puts: number;
  leases: Lease[];
  /** Ends a run of the tasklet `hold`, or of `told-late`, whose log comes with its outcome only. */
  release(runId: string): void;
  /** Resolves when `count` submits have arrived. */
  arrived(count: number): Promise<void>;
  forgetModules(): void;
}

export function standInCell(cellId: string): StandInCell {
  const modules = new Set<string>();
  const outcomes = new Map<string, Promise<CellOutcome>>();
  const releases = new Map<string, (state: 'succeeded' | 'cancelled') => void>();
  const watchers = new Set<() => void>();
  let startedAt = new Date().toISOString();
  let breakIt: ((reason: string) => void) | undefined;

  const outcome = (job: CellJob, more: Partial<CellOutcome>): CellOutcome => ({
    run_id: job.run_id,
    state: 'succeeded',
    error: null,
    output: Buffer.from(
      JSON.stringify({ seed: job.seed, start: job.start_unix_nanos, input: Buffer.from(job.input).toString() }),
    ),
    log: 'hello\n',
    fuel_used: 1234,
    linear_memory_peak: 65_536,
    duration_us: 42,
    short: true,
    lease: null,
    ...more,
  });

  const leaseFor = (job: CellJob): Lease | null => {
    if (job.mem_bytes === 0 || job.hold_ms === 0) return null;
    const lease: Lease = {
      lease_id: randomBytes(8).toString('hex'),
      generation: 1,
      kind: 'mem',
      tenant: job.tenant,
      bytes: job.mem_bytes,
      expires_at: new Date(Date.now() + job.hold_ms).toISOString(),
      run_id: job.run_id,
    };
    cell.leases.push(lease);
    return lease;
  };

  const run = async (job: CellJob, news: CellNews): Promise<CellOutcome> => {
    if (job.tasklet === 'no-room') throw new CellRefusedError('mem_capacity_exceeded', 'no contiguous room');
    news.running(job.run_id);
    if (job.tasklet !== 'told-late') news.log(job.run_id, 'hello\n');
    if (job.tasklet === 'fail') {
      const error = { code: 'tasklet_failed', message: 'it failed', label: 'bad_thing', exit_code: 1 } as const;
      return outcome(job, { state: 'failed', error, output: Buffer.alloc(0) });
    }
    if (job.tasklet === 'wordy') {
      const error = { code: 'tasklet_failed', message: 'word '.repeat(100_000), label: 'wordy', exit_code: 1 } as const;
      return outcome(job, { state: 'failed', error, output: Buffer.alloc(0) });
    }
    if (job.tasklet === 'binary') return outcome(job, { output: Buffer.from([0, 255, 1]) });
    if (job.tasklet === 'deep') return outcome(job, { output: Buffer.from('['.repeat(100_000) + ']'.repeat(100_000)) });
    if (job.tasklet === 'echo') return outcome(job, { output: Buffer.from(job.input), lease: leaseFor(job) });
    if (job.tasklet === 'hold' || job.tasklet === 'told-late') {
      const state = await new Promise<'succeeded' | 'cancelled'>((resolve) => releases.set(job.run_id, resolve));
      const error = state === 'cancelled' ? ({ code: 'cancelled', message: 'cancelled' } as const) : null;
      return outcome(job, { state, error });
    }
    return outcome(job, { lease: leaseFor(job) });
  };

  const cell: StandInCell = {
    isDown: false,
    memCapacity: 128 * 1024,
    submits: [],
    puts: 0,
    leases: [],
    release: (runId) => releases.get(runId)?.('succeeded'),
    forgetModules: () => modules.clear(),
    arrived: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (cell.submits.length < count) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    drop: (restarted = false) => {
      if (restarted) {
        startedAt = new Date(Date.now() + 1000).toISOString();
        modules.clear();
        outcomes.clear();
      }
      breakIt?.('dropped by the test');
    },
    connect: async (news) => {
      if (cell.isDown) throw new Error('connection refused by the test');
      let isBroken = false;
      const closed = new Promise<string>((resolve) => {
        breakIt = (reason) => {
          isBroken = true;
          resolve(reason);
        };
      });
      /** No answer comes over a broken connection. */
      const over = async <T>(answer: Promise<T>): Promise<T> => {
        const result = await Promise.race([answer, closed.then(() => null)]);
        if (result === null || isBroken) throw new Error('connection lost');
        return result;
      };
      return {
        identity: {
          cell_id: cellId,
          provider: 'local',
          region: 'local',
          version: '0.0.0-test',
          started_at: startedAt,
          transport: 'tcp',
          mem_dataplane: 'https://127.0.0.1:1/mem',
          mem_dataplane_sha256: '0'.repeat(64),
          mem_dataplane_transport: 'http2',
        },
        workers: { workers_max: 2, short_ms: 10, long_ms: 50 },
        inventory: () =>
          over(
            Promise.resolve({ mem_capacity: cell.memCapacity, mem_leased: 0, leases: 0, runs_active: 0, workers: 1 }),
          ),
        leases: async () => cell.leases,
        capability: async ({ lease_id }) => {
          const expires_at = new Date(Date.now() + 300_000).toISOString();
          return { token: `token for ${lease_id}`, lease_id, generation: 1, expires_at };
        },
        putModule: async (sha256) => {
          cell.puts += 1;
          modules.add(sha256);
        },
        submit: (job) => {
          cell.submits.push(job);
          for (const look of watchers) look();
          if (!modules.has(job.module_sha256))
            return Promise.reject(new CellRefusedError('module_unknown', 'put it first'));
          let answer = outcomes.get(job.run_id);
          if (answer === undefined) {
            answer = run(job, news);
            outcomes.set(job.run_id, answer);
          }
          return over(answer);
        },
        cancel: async (runId) => {
          const release = releases.get(runId);
          release?.('cancelled');
          return release !== undefined;
        },
        closed,
        close: () => breakIt?.('closed'),
      };
    },
  };
  return cell;
}
