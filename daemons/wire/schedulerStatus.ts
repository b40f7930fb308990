/**
 * State of a scheduler for the process that runs it, on one line of JSON: the answer to `status`
 * over its lifeline.
 */
export interface SchedulerStatus {
  role: 'standby' | 'active';
  /** Null while there is no link to the cell. */
  cell: { transport: 'quic' | 'tcp'; started_at: string } | null;
  /** RFC 3339. */
  last_heartbeat: string | null;
  /** Runs under way, of all tenants. */
  runs_active: number;
  /** Runs in the store, of all tenants. */
  runs_kept: number;
}
