import { type ProviderName, resolveProvider } from '../deploy/resolveProvider.ts';
import { NotConfirmedError } from './notConfirmed.ts';

/**
 * Confirms the cell or stack that a provider would use now.
 *
 * @returns the facts that were confirmed; null where they were before
 * @throws {GrafosError} those of {@link resolveProvider}
 */
export async function confirmProvider(
  programRoot: string,
  provider: ProviderName,
): Promise<NotConfirmedError['facts'] | null> {
  try {
    await resolveProvider(programRoot, provider);
    return null;
  } catch (error) {
    if (!(error instanceof NotConfirmedError)) throw error;
    await error.confirm();
    return error.facts;
  }
}
