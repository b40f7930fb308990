import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { GrafosError } from '../../base/grafosError.ts';
import { schedulerAddress } from '../../daemons/tenant/schedulerConnection.ts';
import { CELL_ANSWER_MS } from './cellBounds.ts';
import type { Target } from './resolveProvider.ts';

/**
 * The certificate that a scheduler shows.
 *
 * @throws {GrafosError} scheduler_unreachable when it shows none in time
 */
export async function shownCertificate(
  { url, caPem, certPem, keyPem }: Pick<Target, 'url' | 'caPem' | 'certPem' | 'keyPem'>,
  signal: AbortSignal,
): Promise<X509Certificate> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(CELL_ANSWER_MS)]);
  const socket = connect({ ...schedulerAddress(url), ca: caPem, cert: certPem, key: keyPem });
  try {
    await once(socket, 'secureConnect', { signal: bounded });
    const certificate = socket.getPeerX509Certificate();
    if (!(certificate instanceof X509Certificate)) throw new Error('the scheduler has no certificate');
    return certificate;
  } catch (error) {
    if (signal.aborted || !bounded.aborted) throw error;
    throw new GrafosError('scheduler_unreachable', `The scheduler at ${url} showed no certificate.`, {
      why: `It said nothing for ${CELL_ANSWER_MS / 1000} s.`,
      next: 'Check the URL and the network, or ask who runs the cell.',
      cause: error,
    });
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}
