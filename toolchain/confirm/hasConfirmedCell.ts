import { GrafosError } from '../../base/grafosError.ts';
import { type CloudProvider, readCloudCells } from '../deploy/cloudCells.ts';
import { cellConfirmation } from './cellConfirmation.ts';

/** Tells whether a provider has a cell here that may be asked without a question to the user. */
export async function hasConfirmedCell(programRoot: string, provider: CloudProvider): Promise<boolean> {
  try {
    const [cell] = await readCloudCells(programRoot, provider);
    if (cell === undefined) return false;
    await cellConfirmation(programRoot, provider, cell);
    return true;
  } catch (error) {
    if (error instanceof GrafosError) return false;
    throw error;
  }
}
