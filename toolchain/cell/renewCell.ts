import type { Authority } from '../trust/authority.ts';
import { askCell } from './askCell.ts';
import { readCellConfig } from './cellConfig.ts';
import { openCellFolder } from './cellFolder.ts';
import { cellTrust, issueCertificates, requestCertificates, settleTrust, takeCertificates } from './cellTrust.ts';
import { certificateEnds } from './certificateEnds.ts';
import { lockSetup } from './lockSetup.ts';
import { notReady } from './notReady.ts';

export interface RenewedCell {
  cell_id: string;
  /** Absolute path of the request that waits for an answer; null when the certificates are new. */
  request: string | null;
  /** RFC 3339; the end of the certificates in force. */
  not_after: string;
  /** True when a running cell takes the new certificates. */
  reported: boolean;
}

/** The source of the new certificates: a CA, an answer in PEM, or nothing yet. */
export type RenewalSource = { authority: Authority; days: number } | { answer: string } | undefined;

/**
 * Gives a cell new keys and certificates, and tells the running cell to take them.
 *
 * @param path absolute path of the state folder
 * @throws {GrafosError} cell_not_initialized, cell_not_ready, cell_answer_unfit, cell_busy
 */
export async function renewCell(path: string, source: RenewalSource, signal: AbortSignal): Promise<RenewedCell> {
  const folder = openCellFolder(path);
  const config = readCellConfig(folder);
  let request: string | null = null;
  {
    await using _lock = await lockSetup(folder, signal);
    settleTrust(folder);
    if (cellTrust(folder) === undefined) throw notReady(path);
    if (source === undefined) request = await requestCertificates(folder, config);
    else if ('answer' in source) await takeCertificates(folder, config, source.answer);
    else await issueCertificates(folder, config, source.authority, source.days);
  }
  const reported = request === null && (await askCell(folder, 'reload')) !== undefined;
  const ends = certificateEnds(folder).map(({ not_after }) => not_after);
  return { cell_id: config.cell_id, request, not_after: ends.sort()[0] ?? '', reported };
}
