import type { ArtifactEntry, ArtifactName, Run, RunEvent, RunSubmit } from '../protocol/tenantApi.ts';

/** What the helper asks of the scheduler; `daemons/protocol/schedulerClient.ts` is the one that does it over mTLS. */
export interface SchedulerPort {
  hasModule(sha256: string): Promise<boolean>;
  putModule(sha256: string, bytes: Uint8Array): Promise<unknown>;
  submit(run: RunSubmit, options: { idempotencyKey: string; waitMs: number; signal?: AbortSignal }): Promise<Run>;
  getRun(runId: string): Promise<Run>;
  listRuns(): Promise<Run[]>;
  cancel(runId: string): Promise<Run>;
  events(runId: string, options: { signal: AbortSignal }): AsyncIterable<RunEvent>;
  listArtifacts(runId: string): Promise<ArtifactEntry[]>;
  artifact(runId: string, name: ArtifactName): Promise<Uint8Array>;
  close(): void | Promise<void>;
}

/** The connection, made on first use: a helper that nobody uses costs the scheduler nothing, and its start does not wait for TLS. */
export interface SchedulerLink {
  client(): Promise<SchedulerPort>;
  close(): Promise<void>;
}

export function linkScheduler(connect: () => Promise<SchedulerPort>): SchedulerLink {
  let connecting: Promise<SchedulerPort> | undefined;
  return {
    client() {
      if (connecting === undefined) {
        const attempt = connect();
        connecting = attempt;
        attempt.catch(() => {
          // The next caller tries again; this failure went to those who waited for it.
          if (connecting === attempt) connecting = undefined;
        });
      }
      return connecting;
    },
    async close() {
      const client = await connecting?.catch(() => undefined);
      await client?.close();
    },
  };
}
