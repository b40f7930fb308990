import assert from 'node:assert/strict';
import { rfc3339 } from '../../../../../daemons/fabricbiosd/leases/cellClock.ts';
import { LeaseTable } from '../../../../../daemons/fabricbiosd/leases/leaseTable.ts';
import { expiryOf } from '../../../../../daemons/fabricbiosd/memory/memSession.ts';

describe('the end of a memory session with its token', () => {
  const now = 1_700_000_000_000.75;
  const table = () => new LeaseTable(new SharedArrayBuffer(64), () => now, { ended() {}, renewed() {} });
  const alloc = (leases: LeaseTable, holder?: { fence(): void }) =>
    leases.alloc({ tenant: 'me', bytes: 16, ttlMs: 5_000, ...(holder === undefined ? {} : { holder }) });
  /** As a token states it: to the millisecond, the lease's end at most. */
  const tokenEnd = (end: number) => Date.parse(rfc3339(end));

  for (const [title, endsBeforeMs, isHeld, reason] of [
    ['a token that lives as long as its lease ends with it', 0, false, 'lease_expired'],
    ['a token that ends a millisecond before ends by itself', 1, false, 'token_expired'],
    ['a token of seconds ends by itself', 4_000, false, 'token_expired'],
    ['a lease that a run holds goes on', 0, true, 'token_expired'],
  ] as const) {
    it(title, () => {
      const leases = table();
      const lease = alloc(leases, isHeld ? { fence() {} } : undefined);
      assert.equal(expiryOf({ lease, expiresAt: tokenEnd(lease.expiresAt - endsBeforeMs) }), reason);
      leases.stop();
    });
  }

  it('a lease whose run ended goes by its hold', () => {
    const leases = table();
    const lease = alloc(leases, { fence() {} });
    leases.hold(lease.id, 1_000);
    assert.equal(expiryOf({ lease, expiresAt: tokenEnd(now + 1_000) }), 'lease_expired');
    assert.equal(expiryOf({ lease, expiresAt: tokenEnd(now + 500) }), 'token_expired');
    leases.stop();
  });
});
