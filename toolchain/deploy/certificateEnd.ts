import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { Target } from './resolveProvider.ts';

/** The end of the certificate that a scheduler shows. */
export async function certificateEnd({ url, caPem, certPem, keyPem }: Target, signal: AbortSignal): Promise<Date> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), ca: caPem, cert: certPem, key: keyPem });
  try {
    await once(socket, 'secureConnect', { signal });
    const certificate = socket.getPeerX509Certificate();
    if (!(certificate instanceof X509Certificate)) throw new Error('the scheduler has no certificate');
    return new Date(certificate.validTo);
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}
