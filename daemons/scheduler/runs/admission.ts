import type { Quota } from '../../wire/tenantApi.ts';
import { RefusedError } from '../refused.ts';

/** The use of a tenant that counts towards its quota. */
export interface TenantUse {
  runs: number;
  /** Fabric memory of its runs and held leases, bytes. */
  memBytes: number;
  /** Starts above `runs_soft` that are still to be had; refills over a minute. */
  burst: number;
  /** When `burst` was last filled up, milliseconds since 1970. */
  burstAt: number;
}

export function newTenantUse(quota: Quota, now: number): TenantUse {
  return { runs: 0, memBytes: 0, burst: quota.burst_per_minute, burstAt: now };
}

/**
 * Takes one run and its memory off the tenant's quota.
 *
 * Up to `runs_soft` runs at one time are free. Each above that takes one from the burst, which
 * refills evenly at `burst_per_minute`. `runs_hard` is never exceeded.
 *
 * @throws {RefusedError} and then takes nothing
 */
export function admit(use: TenantUse, quota: Quota, memBytes: number, now: number): void {
  if (use.runs >= quota.runs_hard) {
    throw new RefusedError(
      'quota_hard_limit_exceeded',
      `${use.runs} runs of this tenant are under way, and ${quota.runs_hard} is its limit.`,
      'Wait for one to end, or have an admin raise the quota: grafos admin set-quota.',
    );
  }
  if (use.memBytes + memBytes > quota.mem_bytes) {
    throw new RefusedError(
      'lease_denied: quota',
      `${memBytes} bytes of fabric memory on top of ${use.memBytes} in use exceed this tenant's ${quota.mem_bytes}.`,
      'Ask for less fabric memory, wait for a lease to end, or have an admin raise the quota.',
    );
  }
  const refilled = use.burst + ((now - use.burstAt) / 60_000) * quota.burst_per_minute;
  use.burst = Math.max(0, Math.min(quota.burst_per_minute, refilled));
  use.burstAt = now;
  if (use.runs >= quota.runs_soft) {
    if (use.burst < 1) {
      throw new RefusedError(
        'quota_burst_exceeded',
        `More than ${quota.runs_soft} runs at one time, and this minute's ${quota.burst_per_minute} extra starts are used up.`,
        'Wait for runs to end, or have an admin raise the quota: grafos admin set-quota.',
      );
    }
    use.burst -= 1;
  }
  use.runs += 1;
  use.memBytes += memBytes;
}
