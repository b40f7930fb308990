import { setTimeout as delay } from 'node:timers/promises';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import type { SchedulerClient } from '../../daemons/protocol/schedulerClient.ts';
import { isHealthy } from '../deploy/providerStatus.ts';
import { quicUnreachable } from './quicUnreachable.ts';

/** Time that a scheduler may take to reach its cell on the same machine, milliseconds. */
const LINK_MS = 10_000;
/** Time before the scheduler is asked again, milliseconds. */
const AGAIN_MS = 100;

/** The cell's address and transport, as the scheduler has them. */
interface CellAddress {
  /** host:port. */
  control: string;
  transport: 'auto' | 'quic' | 'tcp';
}

/**
 * Waits until a scheduler has its link to the cell.
 *
 * @returns the transport of the link
 *
 * @throws {GrafosError} quic_unreachable, cell_unreachable
 */
export async function provenLink(
  admin: SchedulerClient,
  { control, transport }: CellAddress,
  signal: AbortSignal,
): Promise<'quic' | 'tcp'> {
  const deadline = performance.now() + LINK_MS;
  for (;;) {
    const health = await admin.health({ signal });
    if (isHealthy(health) && health.cell !== null) return health.cell.transport;
    if (performance.now() > deadline) throw transport === 'quic' ? quicUnreachable(control) : cellUnreachable(control);
    await delay(AGAIN_MS, undefined, { signal });
  }
}

function cellUnreachable(address: string): GrafosError {
  return new GrafosError('unreachable', 'cell_unreachable', `The scheduler does not reach the cell at ${address}.`, {
    why: `It had ${LINK_MS / 1000} s. A packet filter may keep the two apart, or the machine is very busy.`,
    next: 'Their logs say more: grafos dev logs',
  });
}
