import { setTimeout as delay } from 'node:timers/promises';
import { GrafosError } from '../../base/grafosError.ts';
import { schedulerAddress } from '../../daemons/tenant/schedulerConnection.ts';
import { signCellRequest } from '../cell/signCellRequest.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { directTarget, type Target } from '../deploy/resolveProvider.ts';
import { shownCertificate } from '../deploy/shownCertificate.ts';
import type { MakingProvider } from './cellCloud.ts';
import type { CellKeys } from './cellKeys.ts';
import { cellIdOf } from './cellName.ts';

/** Life of the new certificates, days. */
const DAYS = 90;
/** Time in which the scheduler shows its new certificate, milliseconds. */
const SHOWN_MS = 30_000;
const LOOK_MS = 250;

/**
 * Renews the certificates of a cell in a cloud through its scheduler. The cell makes the keys, and
 * this machine signs: its CA does not leave it.
 *
 * @param url of the scheduler
 * @returns RFC 3339: the end of the certificate that the scheduler shows now
 * @throws {GrafosError} cell_not_renewed, and those of the tenant API
 */
export async function renewCertificates(
  { provider, name }: { provider: MakingProvider; name: string },
  url: string,
  keys: CellKeys,
  signal: AbortSignal,
): Promise<string> {
  const target = await ownerTarget(url, keys);
  using client = await connectTarget(target, signal);
  const { answer, schedulerDer } = signCellRequest({
    request: await client.requestRenewal({ signal }),
    authority: keys.authority,
    cellId: cellIdOf(provider, name),
    hosts: [schedulerAddress(url).host],
    days: DAYS,
  });
  await client.renew(answer, { signal });
  let seen = 'It shows none.';
  let cause: unknown;
  for (const until = Date.now() + SHOWN_MS; Date.now() < until; await delay(LOOK_MS, undefined, { signal })) {
    try {
      const shown = await shownCertificate(target, signal);
      if (shown.raw.equals(schedulerDer)) return shown.validToDate.toISOString();
      seen = `It shows one that ends at ${shown.validToDate.toISOString()}.`;
    } catch (error) {
      signal.throwIfAborted();
      // A scheduler that cannot take them as it runs is started again.
      cause = error;
    }
  }
  throw new GrafosError('cell_not_renewed', `The cell ${name} does not show its new certificate.`, {
    why: seen,
    next: 'Run the command again.',
    cause,
  });
}

/** The scheduler of a cell, with the rights of its owner. */
export async function ownerTarget(url: string, keys: CellKeys): Promise<Target> {
  return directTarget(url, { ca: keys.ca, cert: keys.admin.cert, key: keys.admin.key }, '');
}
