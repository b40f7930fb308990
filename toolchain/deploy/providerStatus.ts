import { GrafosError } from '../../base/grafosError.ts';
import type { Health } from '../../daemons/wire/tenantApi.ts';
import { connectTarget } from './connectTarget.ts';
import { type ProviderName, resolveProvider, type Target } from './resolveProvider.ts';

/** One thing a provider needs before a tasklet can run there. */
export interface Requirement {
  name: 'code_enabled' | 'durable_provider_cell_record' | 'cell_healthy';
  met: boolean;
  message: string;
}

export interface ProviderStatus {
  provider: ProviderName;
  ready: boolean;
  scheduler_url: string | null;
  cell_id: string | null;
  /** RFC 3339. */
  last_heartbeat: string | null;
  requirements: Requirement[];
  next: string | null;
}

/** Time that a provider may take to answer, milliseconds. */
const ANSWER_MS = 5_000;

/**
 * The true state of one provider. It asks the cell, so it may take up to {@link ANSWER_MS}. It
 * never throws for a provider that is not ready.
 */
export async function providerStatus(
  programRoot: string,
  provider: ProviderName,
  signal: AbortSignal,
): Promise<ProviderStatus> {
  const code: Requirement = { name: 'code_enabled', met: true, message: `this grafos can deploy to ${provider}` };
  let target: Target;
  try {
    target = await resolveProvider(programRoot, provider);
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
    };
  }
  const record: Requirement = {
    name: 'durable_provider_cell_record',
    met: true,
    message: `${target.url} as ${target.tenant}`,
  };
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  const common = { provider, scheduler_url: target.url };
  try {
    using client = await connectTarget(target, bounded);
    const health = await client.health({ signal: bounded });
    const healthy = isHealthy(health);
    return {
      ...common,
      ready: healthy,
      cell_id: health.cell?.cell_id ?? null,
      last_heartbeat: health.last_heartbeat,
      requirements: [
        code,
        record,
        {
          name: 'cell_healthy',
          met: healthy,
          message: healthy
            ? 'the cell answers'
            : `the scheduler is ${health.role}, its cell ${health.cell === null ? 'is away' : health.status}`,
        },
      ],
      next: healthy ? null : adviceFor(provider),
    };
  } catch (error) {
    signal.throwIfAborted();
    return {
      ...common,
      ready: false,
      cell_id: null,
      last_heartbeat: null,
      requirements: [
        code,
        record,
        {
          name: 'cell_healthy',
          met: false,
          message: bounded.aborted ? `no answer within ${ANSWER_MS / 1000} s` : messageOf(error),
        },
      ],
      next: error instanceof GrafosError && error.next !== undefined ? error.next : adviceFor(provider),
    };
  }
}

function adviceFor(provider: ProviderName): string {
  return provider === 'local' ? 'Start it again: grafos dev up' : 'Ask who runs the cell.';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A scheduler that takes runs and whose cell answers. */
export function isHealthy(health: Health): boolean {
  return health.status === 'ok' && health.role === 'active' && health.cell !== null;
}
