import { RefusedError } from '../refused.ts';
import type { StoredRun } from '../store/runTable.ts';
import type { TenantTable } from '../store/tenantTable.ts';
import { admit, newTenantUse, type TenantUse } from './admission.ts';
import type { LeaseLedger } from './leaseLedger.ts';
import { LiveRun } from './liveRun.ts';

type Claim = Pick<StoredRun, 'tenant' | 'mem_bytes'>;

/** The runs that have not ended, and what they take of their tenants' quotas. */
export class LiveRuns {
  readonly #tenants: TenantTable;
  readonly #leases: LeaseLedger;
  readonly #byId = new Map<string, LiveRun>();
  readonly #byKey = new Map<string, LiveRun>();
  readonly #uses = new Map<string, TenantUse>();
  #memBytes = 0;
  #onIdle: Array<() => void> = [];

  constructor(tenants: TenantTable, leases: LeaseLedger) {
    this.#tenants = tenants;
    this.#leases = leases;
  }

  /** Fabric memory of all live runs, bytes. */
  get memBytes(): number {
    return this.#memBytes;
  }

  get count(): number {
    return this.#byId.size;
  }

  get all(): Iterable<LiveRun> {
    return this.#byId.values();
  }

  byId(runId: string): LiveRun | undefined {
    return this.#byId.get(runId);
  }

  byKey(tenant: string, key: string): LiveRun | undefined {
    return this.#byKey.get(keyOf(tenant, key));
  }

  useOf(tenant: string): Pick<TenantUse, 'runs' | 'memBytes'> {
    return this.#uses.get(tenant) ?? { runs: 0, memBytes: 0 };
  }

  /**
   * Takes a run's part of its tenant's quota.
   *
   * @throws {RefusedError} tenant_unknown, and the refusals of {@link admit}
   */
  take(run: Claim): void {
    const quota = this.#tenants.get(run.tenant)?.quota;
    if (quota === undefined) throw new RefusedError('tenant_unknown', 'The tenant is not registered any more.');
    const now = Date.now();
    let use = this.#uses.get(run.tenant);
    if (use === undefined) {
      use = newTenantUse(quota, now);
      this.#uses.set(run.tenant, use);
    }
    const held = this.#leases.bytes(run.tenant);
    admit(use, { ...quota, mem_bytes: quota.mem_bytes - held }, run.mem_bytes, now);
    this.#memBytes += run.mem_bytes;
  }

  /** Gives back what {@link take} took. */
  give(run: Claim): void {
    const use = this.#uses.get(run.tenant);
    if (use === undefined) return;
    use.runs -= 1;
    use.memBytes -= run.mem_bytes;
    this.#memBytes -= run.mem_bytes;
  }

  enter(run: StoredRun, input: Uint8Array | null): LiveRun {
    const entered = new LiveRun(run, input);
    entered.enter('placed');
    this.#byId.set(run.run_id, entered);
    if (run.idempotency_key !== null) this.#byKey.set(keyOf(run.tenant, run.idempotency_key), entered);
    return entered;
  }

  leave({ run }: LiveRun): void {
    this.#byId.delete(run.run_id);
    if (run.idempotency_key !== null) this.#byKey.delete(keyOf(run.tenant, run.idempotency_key));
    this.give(run);
    if (this.#byId.size > 0) return;
    for (const resolve of this.#onIdle) resolve();
    this.#onIdle = [];
  }

  /** Resolves once no run is left. */
  async idle(): Promise<void> {
    if (this.#byId.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }
}

function keyOf(tenant: string, key: string): string {
  return `${tenant} ${key}`;
}
