import { resolve } from 'node:path';
import { plainText } from '../../base/text/plainText.ts';
import { type CloudCell, type CloudProvider, cellOption, cloudCellsFile } from '../deploy/cloudCells.ts';
import { isKeptKey } from '../deploy/keptKeys.ts';
import { type Pem, readPem } from '../trust/readPem.ts';
import { changeConfirmationRecord, readConfirmationRecord } from './confirmationRecord.ts';
import { cellSha256 } from './entrySha256.ts';
import { NotConfirmedError } from './notConfirmed.ts';

export interface CellConfirmation {
  ca: Pem;
  /** A deploy to this cell was confirmed as well. */
  deploys: boolean;
}

/**
 * Looks whether this user made or confirmed a cell of the program. No file that the entry names is
 * read before its entry is known.
 *
 * @throws {NotConfirmedError} cell_not_confirmed
 * @throws {GrafosError} trust_unreadable
 */
export async function cellConfirmation(
  programRoot: string,
  provider: CloudProvider,
  cell: CloudCell,
): Promise<CellConfirmation> {
  const { cells } = await readConfirmationRecord(programRoot);
  const entry = cellSha256(provider, cell);
  const known = cells.find(({ entry_sha256 }) => entry_sha256 === entry);
  if (known === undefined) {
    throw notConfirmed(programRoot, provider, cell, 'This user neither added it here nor confirmed it.');
  }
  const ca = await readPem(provider, resolve(programRoot, cell.ca_cert));
  if (ca.sha256 !== known.ca_sha256) {
    throw notConfirmed(programRoot, provider, cell, 'Its CA certificate is not the one that was confirmed.');
  }
  return { ca, deploys: known.deploys };
}

/**
 * Remembers that this user made or confirmed a cell. A client certificate or key that is renewed in
 * its file later on needs no new answer; another CA certificate does.
 *
 * @param deploys whether deploys to it are confirmed as well
 * @throws {GrafosError} trust_unreadable, no_home_folder, or a file error's code
 */
export async function confirmCell(
  programRoot: string,
  provider: CloudProvider,
  cell: CloudCell,
  deploys: boolean,
): Promise<void> {
  const { sha256: ca_sha256 } = await readPem(provider, resolve(programRoot, cell.ca_cert));
  const entry_sha256 = cellSha256(provider, cell);
  await changeConfirmationRecord(programRoot, ({ stack, cells }) => {
    const before = cells.find((one) => one.entry_sha256 === entry_sha256 && one.ca_sha256 === ca_sha256);
    const others = cells.filter((one) => one.entry_sha256 !== entry_sha256);
    return { stack, cells: [{ entry_sha256, ca_sha256, deploys: deploys || before?.deploys === true }, ...others] };
  });
}

/**
 * Forgets the answers about a cell, as if it had never been confirmed.
 *
 * @throws {GrafosError} no_home_folder, or a file error's code
 */
export async function forgetCell(programRoot: string, provider: CloudProvider, cell: CloudCell): Promise<void> {
  const entry_sha256 = cellSha256(provider, cell);
  await changeConfirmationRecord(programRoot, ({ stack, cells }) => ({
    stack,
    cells: cells.filter((one) => one.entry_sha256 !== entry_sha256),
  }));
}

function notConfirmed(programRoot: string, provider: CloudProvider, cell: CloudCell, why: string): NotConfirmedError {
  const file = cloudCellsFile(programRoot, provider);
  const url = plainText(cell.scheduler_url);
  return new NotConfirmedError('cell_not_confirmed', `The cell of ${provider} at ${url} is not confirmed.`, {
    why: `${file} names it. ${why}`,
    next: `Confirm it only if you know it: grafos provider confirm ${provider} ${cellOption(cell)}`,
    question: `Use the cell of ${provider} at ${url}?`,
    facts: [
      ['named by', file],
      ...(cell.name === undefined ? [] : [['name', cell.name] as const]),
      ['URL', url],
      ['tenant', plainText(cell.tenant_name)],
      ['CA', plainText(cell.ca_cert)],
      ['certificate', plainText(cell.tenant_cert)],
      ['key', isKeptKey(cell.tenant_key) ? 'in the secret storage of an editor' : plainText(cell.tenant_key)],
      ['why', why],
    ],
    confirm: () => confirmCell(programRoot, provider, cell, false),
  });
}
