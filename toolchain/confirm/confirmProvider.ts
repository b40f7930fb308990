import { GrafosError } from '../../base/grafosError.ts';
import { plainText } from '../../base/text/plainText.ts';
import { cellNameOf, readCloudCells } from '../deploy/cloudCells.ts';
import { isCloud, type ProviderName, resolveProvider } from '../deploy/resolveProvider.ts';
import { NotConfirmedError } from './notConfirmed.ts';

/**
 * Confirms the stack, or a cell of a cloud: the one that is named, or else the only one that is not
 * confirmed yet.
 *
 * @returns the facts that were confirmed; null where they were before
 * @throws {GrafosError} cell_needed where several cells are not confirmed and none is named, and
 *   those of {@link resolveProvider}
 */
export async function confirmProvider(
  programRoot: string,
  provider: ProviderName,
  cell?: string,
): Promise<NotConfirmedError['facts'] | null> {
  const known = cell === undefined && isCloud(provider) ? await readCloudCells(programRoot, provider) : [];
  const unknown: { name: string; error: NotConfirmedError }[] = [];
  for (const name of known.length === 0 ? [cell] : known.map(cellNameOf)) {
    try {
      await resolveProvider(programRoot, provider, name);
    } catch (error) {
      if (!(error instanceof NotConfirmedError)) throw error;
      unknown.push({ name: plainText(name ?? provider), error });
    }
  }
  const [only, ...others] = unknown;
  if (only === undefined) return null;
  if (others.length > 0) throw cellNeeded(provider, unknown);
  await only.error.confirm();
  return only.error.facts;
}

function cellNeeded(provider: string, unknown: readonly { name: string; error: NotConfirmedError }[]): GrafosError {
  return new GrafosError('cell_needed', `${unknown.length} cells of ${provider} are not confirmed.`, {
    why: unknown.map(({ name, error }) => `${name}: ${error.message}`).join('\n'),
    next: `Name the one that you know: grafos provider confirm ${provider} --cell NAME`,
  });
}
