import type { CellIdentity } from '../../wire/fabricControl.ts';
import type { RefusalReason } from '../../wire/tenantApi.ts';
import type { CellStatus } from '../fabric/cellConnection.ts';
import { CellRefusedError } from '../fabric/cellSession.ts';
import { RefusedError } from '../refused.ts';

const NOT_READY_NEXT = 'grafos dev doctor says what is wrong; grafos dev up starts the stack afresh.';

/** @throws {RefusedError} runtime_not_ready */
export function readyCell(status: CellStatus): CellIdentity {
  if (!status.healthy || status.identity === null) {
    throw new RefusedError('runtime_not_ready', 'No healthy cell is connected to the scheduler.', NOT_READY_NEXT);
  }
  return status.identity;
}

/**
 * Chooses the cell for a run that leases `memBytes`.
 *
 * @param inUse bytes of fabric memory that are taken, including those of this run
 * @throws {RefusedError} runtime_not_ready, lease_denied: capacity
 */
export function chooseCell(status: CellStatus, inUse: number, memBytes: number): CellIdentity {
  const cell = readyCell(status);
  const capacity = status.inventory?.mem_capacity ?? 0;
  if (memBytes > 0 && inUse > capacity) {
    throw new RefusedError(
      'lease_denied: capacity',
      `The cell has ${capacity} bytes of fabric memory and ${inUse - memBytes} are in use; ${memBytes} more do not fit.`,
      'Ask for less fabric memory, or start the stack with more: grafos dev up --mem-capacity 16m.',
    );
  }
  return cell;
}

/** The refusal for the tenant that follows from the cell's refusal, or null for any other error. */
export function refusalByCell(error: unknown): RefusedError | null {
  if (error instanceof RefusedError) return error;
  if (!(error instanceof CellRefusedError)) return null;
  const reasons: Partial<Record<CellRefusedError['code'], RefusalReason>> = {
    mem_capacity_exceeded: 'lease_denied: capacity',
    module_unknown: 'module_unknown',
    module_hash_mismatch: 'module_hash_mismatch',
    module_too_large: 'body_too_large',
    input_too_large: 'body_too_large',
    shutting_down: 'runtime_not_ready',
  };
  return new RefusedError(reasons[error.code] ?? 'bad_request', `The cell refused the run: ${error.message}`);
}
