import { resolve } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { confirmCell } from '../confirm/cellConfirmation.ts';
import { BY_HAND, readPem } from '../trust/readPem.ts';
import { isHealthy } from './cellReport.ts';
import { addCloudCell, type CloudCell, type CloudProvider } from './cloudCells.ts';
import { connectTarget } from './connectTarget.ts';
import { isKeptKey } from './keptKeys.ts';
import { cellTarget } from './resolveProvider.ts';

export interface AdoptedCell {
  file: string;
  cell: CloudCell;
  cell_id: string;
  region: string;
}

/**
 * Adds a running cell to a provider's list, after it has proved itself: the scheduler's certificate
 * fits the CA, it takes our tenant's certificate and token, and its cell answers.
 *
 * Nothing is written before. The cell is confirmed then; a deploy to it is not yet. A cell without
 * a given name has its id for one. A cell that moved to another address takes its old entry's
 * place: it has the same name, CA and tenant.
 *
 * @param options `isOwnName`: the name is that of the cell itself, and was not chosen here
 * @throws {GrafosError} runtime_not_ready, cell_of_another_provider, cell_name_used,
 *   cloud_cell_busy, tenant_unknown, the scheduler's refusal, or a trust file's error
 */
export async function adoptCell(
  programRoot: string,
  provider: CloudProvider,
  given: CloudCell,
  signal: AbortSignal,
  { isOwnName = false }: { isOwnName?: boolean } = {},
): Promise<AdoptedCell> {
  const cell: CloudCell = {
    ...given,
    ca_cert: resolve(given.ca_cert),
    tenant_cert: resolve(given.tenant_cert),
    tenant_key: isKeptKey(given.tenant_key) ? given.tenant_key : resolve(given.tenant_key),
  };
  const { text: caPem } = await readPem(BY_HAND, cell.ca_cert);
  using client = await connectTarget(await cellTarget(programRoot, provider, cell, caPem, BY_HAND), signal);
  const health = await client.health({ signal });
  if (health.cell === null || !isHealthy(health)) {
    throw new GrafosError('runtime_not_ready', `${cell.scheduler_url} answers, but no tasklet can run there.`, {
      why: `The scheduler is ${health.role}; ${health.cell === null ? 'no cell is connected to it' : `its state is ${health.status}`}.`,
      next: 'Ask who runs the cell, then adopt it again.',
    });
  }
  if (health.cell.provider !== provider) {
    throw new GrafosError(
      'cell_of_another_provider',
      `The cell at ${cell.scheduler_url} is of ${health.cell.provider}, not of ${provider}.`,
      {
        next: `Adopt it under its own provider, or check the URL.`,
      },
    );
  }
  const tenants = await client.tenants({ signal });
  if (!tenants.some((tenant) => tenant.name === cell.tenant_name)) {
    throw new GrafosError('tenant_unknown', `The certificate given is not of tenant ${cell.tenant_name}.`, {
      why: `At ${cell.scheduler_url} it is of ${tenants.map((tenant) => tenant.name).join(', ') || 'no tenant'}.`,
      next: 'Give the tenant that the certificate was issued for: --tenant NAME',
    });
  }
  const entry = { ...cell, name: given.name ?? health.cell.cell_id };
  const file = await addCloudCell(programRoot, provider, entry, {
    isOwnName: isOwnName || given.name === undefined,
    // Before the file: a window that sees the new cell asks the record whether it is ours.
    before: () => confirmCell(programRoot, provider, entry, false),
  });
  return { file, cell: entry, cell_id: health.cell.cell_id, region: health.cell.region };
}
