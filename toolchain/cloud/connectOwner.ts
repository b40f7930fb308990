import { dirname, join } from 'node:path';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { CloudCell } from '../deploy/cloudCells.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { directTarget } from '../deploy/resolveProvider.ts';

/**
 * A client with the rights of the owner of a cell that was made from here: its admin pair is beside
 * its CA certificate (`cellKeys`).
 *
 * @throws {GrafosError} trust_unreadable, and those of `connectTarget`
 */
export async function connectOwner(cell: CloudCell, signal: AbortSignal): Promise<SchedulerClient & Disposable> {
  const folder = dirname(cell.ca_cert);
  const files = { ca: cell.ca_cert, cert: join(folder, 'admin-owner.pem'), key: join(folder, 'admin-owner-key.pem') };
  return connectTarget(await directTarget(cell.scheduler_url, files, cell.tenant_name), signal);
}
