import { GrafosError } from '../../base/grafosError.ts';
import type { CloudProvider } from '../deploy/cloudCells.ts';
import { confirmedCells } from './confirmedCells.ts';

/** Tells whether a provider has a cell here that may be asked without a question to the user. */
export async function hasConfirmedCell(programRoot: string, provider: CloudProvider): Promise<boolean> {
  try {
    return (await confirmedCells(programRoot, provider)).length > 0;
  } catch (error) {
    if (error instanceof GrafosError) return false;
    throw error;
  }
}
