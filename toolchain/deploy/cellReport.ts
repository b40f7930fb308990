import { GrafosError } from '../../base/grafosError.ts';
import type { Health } from '../../daemons/wire/tenantApi.ts';
import { CELL_ANSWER_MS } from './cellBounds.ts';
import { type CloudCell, type CloudProvider, cellNameOf } from './cloudCells.ts';
import { connectTarget } from './connectTarget.ts';
import { confirmedTarget, type Target } from './resolveProvider.ts';
import { shownCertificate } from './shownCertificate.ts';

/** The state of one cell of a cloud, from the cell itself. */
export interface CellReport {
  name: string;
  scheduler_url: string;
  tenant: string;
  ready: boolean;
  /** This user made or confirmed it. */
  confirmed: boolean;
  /** The next deploy goes there. */
  is_next: boolean;
  cell_id: string | null;
  region: string | null;
  version: string | null;
  /** RFC 3339. */
  last_heartbeat: string | null;
  /** RFC 3339: the end of the scheduler's certificate. */
  certificate_ends: string | null;
  /** The cost so far. No cloud's price is known here. */
  cost: 'unknown';
  message: string;
  next: string | null;
}

/** A scheduler that takes runs and whose cell answers. */
export function isHealthy(health: Health): boolean {
  return health.status === 'ok' && health.role === 'active' && health.cell !== null;
}

/** The state of a cell. A cell that is not ready is no error. */
export async function cellReport(
  programRoot: string,
  provider: CloudProvider,
  cell: CloudCell,
  signal: AbortSignal,
): Promise<CellReport> {
  const report: CellReport = {
    name: cellNameOf(cell),
    scheduler_url: cell.scheduler_url,
    tenant: cell.tenant_name,
    ready: false,
    confirmed: false,
    is_next: false,
    cell_id: null,
    region: null,
    version: null,
    last_heartbeat: null,
    certificate_ends: null,
    cost: 'unknown',
    message: '',
    next: null,
  };
  let target: Target;
  try {
    target = await confirmedTarget(programRoot, provider, cell);
  } catch (error) {
    if (!(error instanceof GrafosError)) throw error;
    return { ...report, message: error.message, next: error.next ?? null };
  }
  return { ...report, confirmed: true, ...(await askScheduler(target, signal)) };
}

/** Asks a scheduler for its state and that of its cell. Silence is a state, too, and no error. */
export async function askScheduler(target: Target, signal: AbortSignal): Promise<Partial<CellReport>> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(CELL_ANSWER_MS)]);
  const advice = target.provider === 'local' ? 'Start it again: grafos dev up' : 'Ask who runs the cell.';
  try {
    using client = await connectTarget(target, bounded);
    const [health, certificate] = await Promise.all([
      client.health({ signal: bounded }),
      target.provider === 'local' ? null : shownCertificate(target, bounded).catch(() => null),
    ]);
    const ready = isHealthy(health);
    return {
      ready,
      cell_id: health.cell?.cell_id ?? null,
      region: health.cell?.region ?? null,
      version: health.version,
      last_heartbeat: health.last_heartbeat,
      certificate_ends: certificate?.validToDate.toISOString() ?? null,
      message: ready
        ? 'the cell answers'
        : `the scheduler is ${health.role}, its cell ${health.cell === null ? 'is away' : health.status}`,
      next: ready ? null : advice,
    };
  } catch (error) {
    signal.throwIfAborted();
    return {
      message: bounded.aborted ? `no answer within ${CELL_ANSWER_MS / 1000} s` : messageOf(error),
      next: error instanceof GrafosError && error.next !== undefined ? error.next : advice,
    };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
