import { GrafosError } from '../../base/grafosError.ts';
import type { CELL_ANSWER_MS } from './cellBounds.ts';
import { askScheduler, type CellReport, cellReport } from './cellReport.ts';
import { isCloud, type ProviderName, preferredCells, resolveProvider, type Target } from './resolveProvider.ts';

/** One thing a provider needs before a tasklet can run there. */
export interface Requirement {
  name: 'code_enabled' | 'durable_provider_cell_record' | 'cell_healthy';
  met: boolean;
  message: string;
}

/** The state of a provider. Where it has several cells, it is that of the one for the next run. */
export interface ProviderStatus {
  provider: ProviderName;
  ready: boolean;
  scheduler_url: string | null;
  cell_id: string | null;
  /** RFC 3339. */
  last_heartbeat: string | null;
  requirements: Requirement[];
  next: string | null;
  /** All cells of a cloud, in the order in which a deploy takes them; none of the local stack. */
  cells: CellReport[];
}

/**
 * The true state of one provider. It asks all cells at once, each for {@link CELL_ANSWER_MS} at
 * most. It never throws for a provider that is not ready.
 */
export async function providerStatus(
  programRoot: string,
  provider: ProviderName,
  signal: AbortSignal,
): Promise<ProviderStatus> {
  const code: Requirement = { name: 'code_enabled', met: true, message: `this grafos can deploy to ${provider}` };
  const cells = await cellReports(programRoot, provider, signal);
  const used = cells.find(({ is_next }) => is_next);
  let target: Target;
  try {
    target = await resolveProvider(programRoot, provider, used?.name);
  } catch (error) {
    if (!(error instanceof GrafosError)) throw error;
    return {
      provider,
      ready: false,
      scheduler_url: null,
      cell_id: null,
      last_heartbeat: null,
      requirements: [code, { name: 'durable_provider_cell_record', met: false, message: error.message }],
      next: error.next ?? null,
      cells,
    };
  }
  const record: Requirement = {
    name: 'durable_provider_cell_record',
    met: true,
    message: `${target.url} as ${target.tenant}`,
  };
  const {
    ready = false,
    cell_id = null,
    last_heartbeat = null,
    message = '',
    next = null,
  } = used ?? (await askScheduler(target, signal));
  return {
    provider,
    ready,
    scheduler_url: target.url,
    cell_id,
    last_heartbeat,
    requirements: [code, record, { name: 'cell_healthy', met: ready, message }],
    next,
    cells,
  };
}

/** The reports of all cells; the first that is ready, or else the first confirmed one, is next. */
async function cellReports(programRoot: string, provider: ProviderName, signal: AbortSignal): Promise<CellReport[]> {
  if (!isCloud(provider)) return [];
  // A list that cannot be read has no cells: the provider's own state has the reason.
  const cells = await preferredCells(programRoot, provider).catch((error: unknown) => {
    if (error instanceof GrafosError) return [];
    throw error;
  });
  const reports = await Promise.all(cells.map((cell) => cellReport(programRoot, provider, cell, signal)));
  const next = reports.find(({ ready }) => ready) ?? reports.find(({ confirmed }) => confirmed);
  return reports.map((report) => ({ ...report, is_next: report === next }));
}
