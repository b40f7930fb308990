import { GrafosError } from './grafosError.ts';
import { PeerRefused } from './peerRefused.ts';
import { peerRefusedByTls } from './peerTls.ts';
import type { Refusal } from './tenantApi.ts';

/** A non-2xx answer as an error: code is the scheduler's reason. */
export function refusalOf(status: number, body: Buffer): GrafosError {
  try {
    const { error }: Refusal = JSON.parse(body.toString('utf8'));
    const { reason, message, next } = error;
    const kind = reason === 'runtime_not_ready' || reason === 'shutting_down' || reason === 'scheduler_standby' ? 'unreachable' : 'refused';
    return new GrafosError(kind, reason, message, next === undefined ? {} : { next });
  } catch {
    if (body.length === 0 && status === 404) return new GrafosError('refused', 'not_found', 'The scheduler has no such thing.');
    return new GrafosError('unreachable', 'scheduler_answer_invalid', `The scheduler answered ${status} with something that is no refusal.`, {
      next: 'Check that the address is that of a grafos scheduler.',
    });
  }
}

/** TLS alerts (RFC 8446, section 6.2) by which a server says what it thinks of our certificate, as Node names them. */
const ALERTS: Record<string, string> = {
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'client_certificate_missing',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'client_certificate_untrusted',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'client_certificate_expired',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'client_certificate_unfit',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'client_certificate_unfit',
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: 'client_certificate_unfit',
};

/** What the connection broke on, in our words. */
export function unreachable(error: Error, url: string): GrafosError {
  if (error instanceof PeerRefused) return error;
  const code = 'code' in error ? String(error.code) : '';
  const alert = ALERTS[code];
  if (alert !== undefined) {
    return new GrafosError('refused', alert, 'The scheduler does not accept our certificate.', {
      why: `it answered the TLS handshake with ${code}`,
      next: 'For the local stack run grafos dev up again; for a cell, check the certificate you gave.',
      cause: error,
    });
  }
  const refused = peerRefusedByTls(error, 'server');
  if (refused !== undefined) return refused;
  return new GrafosError('unreachable', 'scheduler_unreachable', `The scheduler at ${url} cannot be reached.`, {
    why: error.message,
    next: 'Check that it runs: grafos dev status, or grafos provider status for a cell.',
    cause: error,
  });
}
