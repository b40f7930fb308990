import type { SchedulerClient } from '../tenant/schedulerClient.ts';

/** The calls that the helper makes to the scheduler, as the tenant. */
export type SchedulerPort = Pick<
  SchedulerClient,
  | 'hasModule'
  | 'putModule'
  | 'submit'
  | 'getRun'
  | 'listRuns'
  | 'cancel'
  | 'events'
  | 'allEvents'
  | 'listArtifacts'
  | 'artifact'
  | 'close'
>;

/**
 * The connection, made on first use. An unused helper costs the scheduler nothing, and its start
 * does not wait for TLS.
 */
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
      client?.close();
    },
  };
}
