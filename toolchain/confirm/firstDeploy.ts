import { type CloudCell, type CloudProvider, cellNamed } from '../deploy/cloudCells.ts';
import { isCloud, type ProviderName, preferredCells } from '../deploy/resolveProvider.ts';
import { cellConfirmation, confirmCell } from './cellConfirmation.ts';

/** A cell that nothing of this program was deployed to yet. */
export interface FirstDeploy {
  provider: CloudProvider;
  cell: CloudCell;
  /** Remembers that this user wants deploys to go there. */
  confirm(): Promise<void>;
}

/**
 * Looks whether a deploy to a provider would be the first of this program to that cell: then a
 * person is asked, because module and input leave the machine.
 *
 * @param name of the cell; the one that a command takes unless given
 * @returns null where it was confirmed before, or nothing leaves the machine, or there is no cell
 * @throws {NotConfirmedError} cell_not_confirmed
 * @throws {GrafosError} cell_unknown, cells_file_invalid, trust_unreadable
 */
export async function firstDeploy(
  programRoot: string,
  provider: ProviderName,
  name?: string,
): Promise<FirstDeploy | null> {
  if (!isCloud(provider)) return null;
  const cells = await preferredCells(programRoot, provider);
  const cell = name === undefined ? cells[0] : cellNamed(provider, cells, name);
  if (cell === undefined || (await cellConfirmation(programRoot, provider, cell)).deploys) return null;
  return { provider, cell, confirm: () => confirmCell(programRoot, provider, cell, true) };
}
