import { type ProviderName, resolveProvider } from '../deploy/resolveProvider.ts';
import { NotConfirmed } from './notConfirmed.ts';

/**
 * Confirms the cell or stack that a provider would use now.
 *
 * @returns the facts that were confirmed; null where they were before
 * @throws {GrafosError} those of {@link resolveProvider}
 */
export async function confirmProvider(
  programRoot: string,
  provider: ProviderName,
): Promise<NotConfirmed['facts'] | null> {
  try {
    await resolveProvider(programRoot, provider);
    return null;
  } catch (error) {
    if (!(error instanceof NotConfirmed)) throw error;
    await error.confirm();
    return error.facts;
  }
}
