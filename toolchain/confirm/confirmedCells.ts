import { GrafosError } from '../../base/grafosError.ts';
import type { CloudCell, CloudProvider } from '../deploy/cloudCells.ts';
import { preferredCells } from '../deploy/resolveProvider.ts';
import { cellConfirmation } from './cellConfirmation.ts';
import { NotConfirmedError } from './notConfirmed.ts';

/** A cell that may be asked without a question to the user. */
export interface UsableCell {
  cell: CloudCell;
  /** A deploy to this cell was confirmed as well. */
  deploys: boolean;
}

/**
 * The cells of a provider that this user made or confirmed, in the order in which a deploy takes
 * them: that of the last deploy, then those that a deploy was confirmed to.
 *
 * @throws {NotConfirmedError} cell_not_confirmed where there are cells, and none is confirmed
 * @throws {GrafosError} cells_file_invalid, and trust_unreadable where no cell can be used
 */
export async function confirmedCells(programRoot: string, provider: CloudProvider): Promise<UsableCell[]> {
  const cells = await preferredCells(programRoot, provider);
  const faults: GrafosError[] = [];
  const found: UsableCell[] = [];
  for (const cell of cells) {
    try {
      const { deploys } = await cellConfirmation(programRoot, provider, cell);
      found.push({ cell, deploys });
    } catch (error) {
      if (!(error instanceof GrafosError)) throw error;
      faults.push(error);
    }
  }
  const fault = faults.find((one) => one instanceof NotConfirmedError) ?? faults[0];
  if (found.length === 0 && fault !== undefined) throw fault;
  const [first, ...others] = found;
  return first === undefined ? [] : [first, ...others.sort((one, two) => Number(two.deploys) - Number(one.deploys))];
}
