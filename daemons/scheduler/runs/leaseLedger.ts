import type { Lease } from '../../wire/fabricControl.ts';

/**
 * Leases that outlive their run. The cell has the last word. Admission and `leases_active` use this
 * ledger.
 */
export interface LeaseLedger {
  hold(lease: Lease): void;
  /** Replaces the ledger by the inventory of the cell after a reconnect. */
  replace(leases: Lease[]): void;
  /** Null once it ended. */
  ofRun(runId: string): Lease | null;
  /** Bytes held by one tenant, or by all. */
  bytes(tenant: string | null): number;
}

export function createLeaseLedger(): LeaseLedger {
  const byRun = new Map<string, Lease>();
  const sweep = (): void => {
    const now = Date.now();
    for (const [runId, lease] of byRun) if (Date.parse(lease.expires_at) <= now) byRun.delete(runId);
  };
  const hold = (lease: Lease): void => {
    if (lease.run_id !== null) byRun.set(lease.run_id, lease);
  };
  return {
    hold,
    replace: (leases) => {
      byRun.clear();
      for (const lease of leases) hold(lease);
    },
    ofRun: (runId) => {
      sweep();
      return byRun.get(runId) ?? null;
    },
    bytes: (tenant) => {
      if (byRun.size === 0) return 0;
      sweep();
      let sum = 0;
      for (const lease of byRun.values()) if (tenant === null || lease.tenant === tenant) sum += lease.bytes;
      return sum;
    },
  };
}
