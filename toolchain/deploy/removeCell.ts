import { forgetCell } from '../confirm/cellConfirmation.ts';
import { type CloudCell, type CloudProvider, dropCloudCell } from './cloudCells.ts';

/**
 * Removes a cell from a provider's list, and this user's answer about it. The files of its
 * certificates and its key stay.
 *
 * @throws {GrafosError} cells_file_invalid, no_home_folder, or a file error's code
 */
export async function removeCell(programRoot: string, provider: CloudProvider, cell: CloudCell): Promise<void> {
  await dropCloudCell(programRoot, provider, cell);
  await forgetCell(programRoot, provider, cell);
}
