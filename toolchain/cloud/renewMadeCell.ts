import { setTimeout as delay } from 'node:timers/promises';
import { GrafosError } from '../../base/grafosError.ts';
import { schedulerAddress } from '../../daemons/tenant/schedulerConnection.ts';
import { meantQuestion } from '../../program/didYouMean.ts';
import { signCellRequest } from '../cell/signCellRequest.ts';
import { certificateEnd } from '../deploy/certificateEnd.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { directTarget } from '../deploy/resolveProvider.ts';
import type { MakingProvider } from './cellCloud.ts';
import type { CellKeys } from './cellKeys.ts';
import { lockCell, readJournal, readJournals } from './cloudJournal.ts';
import { endedCertificate } from './endedCertificate.ts';
import { cellIdOf } from './provisionCell.ts';

/** Life of the new certificates, days. */
const DAYS = 90;
/** Time in which the scheduler shows its new certificate, milliseconds. */
const SHOWN_MS = 30_000;
const LOOK_MS = 250;

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
    throw endedCertificate(error, renewal.provider, renewal.name) ?? error;
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
  const files = { ca: keys.ca, cert: keys.admin.cert, key: keys.admin.key };
  const target = await directTarget(url, files, '');
  using client = await connectTarget(target, signal);
  const before = await certificateEnd(target, signal);
  const { answer, notAfter } = signCellRequest({
    request: await client.requestRenewal({ signal }),
    authority: keys.authority,
    cellId: cellIdOf(provider, name),
    hosts: [schedulerAddress(url).host],
    days: DAYS,
  });
  await client.renew(answer, { signal });
  // Certificates have whole seconds.
  const wanted = Math.floor(notAfter.getTime() / 1000);
  for (const until = Date.now() + SHOWN_MS; Date.now() < until; await delay(LOOK_MS, undefined, { signal })) {
    const shown = await certificateEnd(target, signal);
    if (Math.floor(shown.getTime() / 1000) === wanted) return shown.toISOString();
  }
  throw new GrafosError('cell_not_renewed', `The cell ${name} does not show its new certificate.`, {
    why: `Its certificate still ends at ${before.toISOString()}.`,
    next: 'Run the command again.',
  });
}
