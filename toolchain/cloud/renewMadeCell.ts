import { GrafosError } from '../../base/grafosError.ts';
import { meantQuestion } from '../../program/didYouMean.ts';
import type { MakingProvider } from './cellCloud.ts';
import type { CellKeys } from './cellKeys.ts';
import { lockCell, readJournal, readJournals } from './cloudJournal.ts';
import { renewCertificates } from './renewCertificates.ts';
import { unprovenCell } from './unprovenCell.ts';

export interface Renewal {
  programRoot: string;
  provider: MakingProvider;
  name: string;
  keys: CellKeys;
  signal: AbortSignal;
}

/**
 * Gives a cell that was made in a cloud new keys and certificates, through its scheduler.
 *
 * The cell makes the keys, and this machine signs: its CA does not leave it.
 *
 * @returns RFC 3339: the end of the certificate that the scheduler shows now
 * @throws {GrafosError} cell_unknown, cell_not_renewed, server_certificate_expired, and those of
 *   the tenant API
 */
export async function renewMadeCell(renewal: Renewal): Promise<string> {
  try {
    return await renew(renewal);
  } catch (error) {
    throw unprovenCell(error, renewal.provider, renewal.name) ?? error;
  }
}

async function renew({ programRoot, provider, name, keys, signal }: Renewal): Promise<string> {
  await using _lock = await lockCell(programRoot, provider, name, signal);
  const url = readJournal(programRoot, provider, name)?.url;
  if (url === undefined || url === null) {
    throw new GrafosError('cell_unknown', `No cell ${name} of ${provider} was made from this program.`, {
      next: `${meantQuestion(
        name,
        readJournals(programRoot).flatMap((one) => (one.provider === provider && one.url !== null ? [one.name] : [])),
      )}Show those that were: grafos cloud status`,
    });
  }
  return await renewCertificates({ provider, name }, url, keys, signal);
}
