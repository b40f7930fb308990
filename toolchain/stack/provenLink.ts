import { GrafosError } from '../../base/grafosError.ts';
import { quicUnreachable } from './quicUnreachable.ts';

/** Time that a scheduler may take to reach its cell on the same machine, milliseconds. */
const LINK_MS = 10_000;

/** The cell's address and transport, as the scheduler has them. */
interface CellAddress {
  /** host:port. */
  control: string;
  transport: 'auto' | 'quic' | 'tcp';
}

/**
 * Waits until a scheduler has its link to the cell.
 *
 * @param linked what the scheduler says once it has the link: the transport
 * @returns the transport of the link
 *
 * @throws {GrafosError} quic_unreachable, cell_unreachable, daemon_exited, and the signal's reason
 */
export async function provenLink(
  linked: Promise<string>,
  { control, transport }: CellAddress,
  signal: AbortSignal,
): Promise<'quic' | 'tcp'> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(transport === 'quic' ? quicUnreachable(control) : cellUnreachable(control)),
    LINK_MS,
  );
  const abort = () => late.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    return (await Promise.race([linked, late.promise])) === 'quic' ? 'quic' : 'tcp';
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

function cellUnreachable(address: string): GrafosError {
  return new GrafosError('cell_unreachable', `The scheduler does not reach the cell at ${address}.`, {
    why: `It had ${LINK_MS / 1000} s. A packet filter may keep the two apart, or the machine is very busy.`,
    next: 'Their logs say more: grafos dev logs; those of a service are in its journal.',
  });
}
