import { X509Certificate } from 'node:crypto';
import type { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import type { CellConfig } from './cellConfig.ts';
import { CELL_FILES } from './cellFolder.ts';
import { answerCa, cellTrust, requestCertificates, settleTrust, takeCertificates } from './cellTrust.ts';
import { lockSetup } from './lockSetup.ts';

/**
 * The request for new certificates of a running cell, for an admin who asks for it through the
 * scheduler.
 *
 * @throws {GrafosError} cell_busy
 */
export async function requestByDoor(
  folder: StateFolder,
  config: CellConfig,
  signal: AbortSignal,
): Promise<{ request: string }> {
  await using _lock = await lockSetup(folder, signal);
  settleTrust(folder);
  await requestCertificates(folder, config);
  return { request: folder.readText(CELL_FILES.request) ?? '' };
}

/**
 * Puts the certificates of an admin's answer in force. They must be of the CA that the cell has: an
 * admin of one CA cannot hand the cell to another.
 *
 * @returns the reason why they do not fit; undefined once they are in force
 */
export async function answerByDoor(
  folder: StateFolder,
  config: CellConfig,
  answer: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await using _lock = await lockSetup(folder, signal);
    settleTrust(folder);
    const known = cellTrust(folder)?.readText('ca.pem');
    const ca = answerCa(answer);
    if (known === undefined || ca === undefined || !isSame(ca, known)) return 'they are of another CA';
    await takeCertificates(folder, config, answer);
    return undefined;
  } catch (error) {
    if (error instanceof GrafosError) return error.why ?? error.message;
    return 'they cannot be read';
  }
}

function isSame(pem: string, other: string): boolean {
  return new X509Certificate(pem).raw.equals(new X509Certificate(other).raw);
}
