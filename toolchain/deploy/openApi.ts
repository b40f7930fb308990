import { GrafosError } from '../../base/grafosError.ts';
import { openSchedulerConnection, type SchedulerConnection } from '../../daemons/tenant/schedulerConnection.ts';
import type { Health } from '../../daemons/wire/tenantApi.ts';
import type { Target } from './resolveProvider.ts';

/** Bytes of the health answer, which names the cell, at most. */
const HEALTH_BYTES = 64 * 1024;

/**
 * Opens a connection to a scheduler for requests of the user's own making. The caller closes it.
 *
 * @throws {GrafosError} scheduler_unreachable, cell_answer_invalid, certificate_unreadable,
 * key_encrypted, or a refusal
 */
export async function openApi(target: Target, signal: AbortSignal): Promise<SchedulerConnection> {
  const connection = openSchedulerConnection(target);
  try {
    connection.setAudience(target.cellId ?? (await cellIdOf(connection, signal)));
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Asks the scheduler for the id of its cell: a token is for one cell alone. */
async function cellIdOf(connection: SchedulerConnection, signal: AbortSignal): Promise<string> {
  const { bytes } = await connection.call({ method: 'GET', path: '/health', isOpen: true, signal }, HEALTH_BYTES);
  const { cell_id }: Partial<Health> = JSON.parse(bytes.toString('utf8'));
  if (typeof cell_id === 'string') return cell_id;
  throw new GrafosError('cell_answer_invalid', 'The scheduler does not say which cell it has.', {
    next: 'Check that the address is that of a grafOS scheduler.',
  });
}
