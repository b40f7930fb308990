import { readSmallFile } from '../../base/files/readSmallFile.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { plainText } from '../../base/text/plainText.ts';
import { fileFault } from '../files/fileError.ts';
import { type Authority, loadAuthority } from './authority.ts';
import { PEM_BYTES_MAX } from './readPem.ts';

const DAY_MS = 86_400_000;

/**
 * Reads a CA that the user keeps, to issue certificates of a lifetime from.
 *
 * @param ca path of ca.pem
 * @param caKey path of ca-key.pem
 * @param days lifetime of the certificates to issue
 * @throws {GrafosError} ca_unreadable, ca_unfit, ca_key_mismatch, ca_expired, ca_ends_sooner
 */
export async function readAuthority(ca: string, caKey: string, days: number): Promise<Authority> {
  const authority = loadAuthority(await readPem(ca, 'CA certificate'), await readPem(caKey, 'CA key'));
  checkDays(authority, days);
  return authority;
}

/** A leaf that ends with its CA, sooner than asked, would be a surprise months later. */
function checkDays(authority: Authority, days: number): void {
  const left = Math.floor((authority.notAfter.getTime() - Date.now()) / DAY_MS);
  // A CA of N days must be able to issue for N days on the day it was made.
  if (!Number.isInteger(days) || days <= left + 1) return;
  throw new GrafosError(
    'ca_ends_sooner',
    `The CA is valid until ${authority.notAfter.toISOString()}, not ${days} days more.`,
    {
      why: 'A certificate cannot outlive the CA that signs it.',
      next: `Ask for at most ${Math.max(1, left)} days, or make a new CA: grafos admin init-ca --out DIR --days N`,
    },
  );
}

async function readPem(file: string, what: string): Promise<string> {
  try {
    return (await readSmallFile(file, PEM_BYTES_MAX)).toString('utf8');
  } catch (cause) {
    throw new GrafosError('ca_unreadable', `The ${what} cannot be read (${plainText(file, 1024)}).`, {
      why: fileFault(cause),
      next: 'Give the files that `grafos admin init-ca` wrote: --ca ca.pem --ca-key ca-key.pem',
      cause,
    });
  }
}
