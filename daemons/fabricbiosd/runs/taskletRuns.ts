import { createHash } from 'node:crypto';
import { GrafosError } from '../../../base/grafosError.ts';
import { isFabricErrorCode, type TaskletSubmit } from '../../wire/fabricControl.ts';
import { specOf } from '../../wire/runSpec.ts';
import { FabricRefusedError } from '../control/fabricRefused.ts';
import { type LeaseEndReason, type LeaseTable, type LiveLease, leaseView } from '../leases/leaseTable.ts';
import type { LeaseWatchers } from '../leases/leaseWatchers.ts';
import type { LeaseEnd, RunListener } from '../pool/runJob.ts';
import type { Runtime } from '../pool/runtime.ts';
import { initContext } from './initContext.ts';
import { type CellOutcome, OutcomeCache } from './outcomeCache.ts';

export interface TaskletRunsOptions {
  runtime: Runtime;
  leases: LeaseTable;
  watchers: LeaseWatchers;
  cell: { cell_id: string; provider: string; region: string };
  outcomes?: OutcomeCache;
}

type Request = Omit<TaskletSubmit, 'input'>;

/**
 * Time that the lease of a run allows for waiting in the queue, milliseconds. While a run holds its
 * lease, the run's own deadline is the bound.
 */
const QUEUE_ALLOWANCE_MS = 60_000;

const FENCE: Record<LeaseEndReason, LeaseEnd> = {
  lease_expired: 'expired',
  lease_freed: 'revoked',
  shutting_down: 'fenced',
};

/**
 * The runs of this cell: lease, init context, execution and hold. Each run id is executed at most
 * once.
 */
export class TaskletRuns {
  readonly #options: TaskletRunsOptions;
  readonly #outcomes: OutcomeCache;

  constructor(options: TaskletRunsOptions) {
    this.#options = options;
    this.#outcomes = options.outcomes ?? new OutcomeCache();
  }

  /**
   * The outcome of a run that was begun before, also while it is under way.
   *
   * @throws {FabricRefusedError} run_id_in_use
   */
  known(request: Request): Promise<CellOutcome> | undefined {
    return this.#outcomes.find(request.run_id, fingerprint(request));
  }

  /**
   * Submits a run.
   *
   * @throws {FabricRefusedError} module_unknown, mem_capacity_exceeded, run_id_in_use, bad_request,
   *   shutting_down
   */
  submit(request: Request, input: Uint8Array, on: RunListener): Promise<CellOutcome> {
    return (
      this.known(request) ??
      this.#outcomes.begin(request.run_id, fingerprint(request), () => this.#execute(request, input, on))
    );
  }

  cancel(runId: string): boolean {
    return this.#options.runtime.cancel(runId);
  }

  async #execute(request: Request, input: Uint8Array, on: RunListener): Promise<CellOutcome> {
    const { runtime, leases, watchers } = this.#options;
    if (!runtime.hasModule(request.module_sha256)) {
      throw new FabricRefusedError('module_unknown', `The cell does not hold the module ${request.module_sha256}.`);
    }
    const lease = request.mem_bytes === 0 ? null : this.#lease(request);
    try {
      const job = {
        run_id: request.run_id,
        tenant: request.tenant,
        module_sha256: request.module_sha256,
        context: initContext(request, this.#options.cell),
        input,
        ...specOf(request),
        lease: lease === null ? null : { offset: lease.offset, bytes: lease.bytes },
      };
      const running = runtime.submit(job, on);
      if (lease !== null) watchers.runStarted(lease);
      const outcome = await running;
      return { run_id: request.run_id, ...outcome, lease: lease === null ? null : this.#settle(lease, request) };
    } catch (error) {
      if (lease !== null) leases.release(lease.id);
      throw asRefused(error);
    }
  }

  #lease(request: Request): LiveLease {
    const { leases, runtime } = this.#options;
    return leases.alloc({
      tenant: request.tenant,
      bytes: request.mem_bytes,
      ttlMs: request.timeout_ms + request.hold_ms + QUEUE_ALLOWANCE_MS,
      runId: request.run_id,
      holder: { fence: (why) => void runtime.endLease(request.run_id, FENCE[why]) },
    });
  }

  /** The lease after the run: what is left of it, or null. */
  #settle(lease: LiveLease, { hold_ms }: Request): CellOutcome['lease'] {
    const { leases, watchers } = this.#options;
    if (leases.get(lease.id) === undefined) return null;
    watchers.runEnded(lease);
    if (hold_ms === 0) {
      leases.release(lease.id);
      return null;
    }
    leases.hold(lease.id, hold_ms);
    return leaseView(lease);
  }
}

/** Everything of a request but its input, which a repetition sends again and nobody reads. */
function fingerprint(request: Request): string {
  const { run_id, tenant, program, tasklet, version, module_sha256 } = request;
  const fields = [run_id, tenant, program, tasklet, version, module_sha256, ...Object.values(specOf(request))];
  return createHash('sha256').update(JSON.stringify(fields)).digest('base64');
}

export function asRefused(error: unknown): unknown {
  if (error instanceof GrafosError && isFabricErrorCode(error.code))
    return new FabricRefusedError(error.code, error.message);
  return error;
}
