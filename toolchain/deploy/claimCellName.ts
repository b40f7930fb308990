import { type CloudCell, type CloudProvider, dropCloudCell, readCloudCells, refuseUsedName } from './cloudCells.ts';

/**
 * Sees to it that no other cell of the provider has the name of a new one. The entry of a cell that
 * moved to another address is dropped: it has the same name, CA and tenant.
 *
 * @param isOwn the name is that of the cell itself, and was not chosen here
 * @throws {GrafosError} cell_name_used, cells_file_invalid
 */
export async function claimCellName(
  programRoot: string,
  provider: CloudProvider,
  cell: CloudCell,
  isOwn: boolean,
): Promise<void> {
  const cells = await readCloudCells(programRoot, provider);
  const moved = isOwn ? cells.find((one) => isSameCell(one, cell)) : undefined;
  refuseUsedName(
    provider,
    cell,
    cells.filter((one) => one !== moved),
  );
  if (moved !== undefined) await dropCloudCell(programRoot, provider, moved);
}

/** True for two entries of one cell, of which one has an address from before. */
function isSameCell(one: CloudCell, other: CloudCell): boolean {
  return (['name', 'ca_cert', 'tenant_cert', 'tenant_name'] as const).every((field) => one[field] === other[field]);
}
