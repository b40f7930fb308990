import { cellNameOf, readCloudCells } from '../deploy/cloudCells.ts';
import { isCloud, type ProviderName, resolveProvider } from '../deploy/resolveProvider.ts';
import { NotConfirmedError } from './notConfirmed.ts';

/**
 * Confirms the stack, or a cell of a cloud: the one that is named, or else the first that is not
 * confirmed yet.
 *
 * @returns the facts that were confirmed; null where they were before
 * @throws {GrafosError} those of {@link resolveProvider}
 */
export async function confirmProvider(
  programRoot: string,
  provider: ProviderName,
  cell?: string,
): Promise<NotConfirmedError['facts'] | null> {
  const known = cell === undefined && isCloud(provider) ? await readCloudCells(programRoot, provider) : [];
  for (const name of known.length === 0 ? [cell] : known.map(cellNameOf)) {
    try {
      await resolveProvider(programRoot, provider, name);
    } catch (error) {
      if (!(error instanceof NotConfirmedError)) throw error;
      await error.confirm();
      return error.facts;
    }
  }
  return null;
}
