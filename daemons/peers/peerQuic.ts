/**
 * mTLS over @matrixai/quic, both ends.
 *
 * With a `verifyCallback`, quiche leaves all judgement of the chain to us and verifies only that
 * the peer holds the leaf's key. So the callback is {@link checkPeerChain} and nothing else.
 * Streams open only after it has passed. A client's `createQUICClient` resolves before the server
 * has refused it: a connection counts once the server has answered on a stream.
 */

import type { PeerUsage } from '../wire/peerRole.ts';
import { checkPeerChain, type PeerExpectation, type PeerIdentity } from './peerCertificate.ts';
import { caDerFromPem, type PeerFiles } from './peerFiles.ts';
import { PEER_REFUSAL_REASONS, type PeerRefusalReason, PeerRefusedError } from './peerRefused.ts';

/** The rules for the peer. The CA is the one of the {@link PeerFiles}. */
export type QuicExpectation = DistributiveOmit<PeerExpectation, 'caDer'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** The part of a QUICConfig that is about trust; spread it into the rest. */
export interface QuicPeerConfig {
  ca: string;
  cert: string;
  key: string;
  verifyPeer: true;
  verifyCallback(certs: Uint8Array[] | null): Promise<number | undefined>;
  /** Early data would be read before the peer is known. */
  enableEarlyData: false;
}

/**
 * Makes the configuration of one end.
 *
 * @param onRefused for the audit log; the same chain again within a second is not reported again.
 *   The peer gets a TLS alert and no more.
 */
export function quicPeerConfig(
  files: PeerFiles,
  expect: QuicExpectation,
  onRefused: (refused: PeerRefusedError) => void = () => {},
): QuicPeerConfig {
  const expectation = { ...expect, caDer: caDerFromPem(files.caPem) };
  const isNews = refusalFilter();
  return {
    ca: files.caPem,
    cert: files.certPem,
    key: files.keyPem,
    verifyPeer: true,
    enableEarlyData: false,
    async verifyCallback(certs) {
      try {
        checkPeerChain(certs, expectation);
        return undefined;
      } catch (error) {
        // Never thrown on: a rejected callback would leave the connection open.
        if (!(error instanceof PeerRefusedError)) return INTERNAL_ERROR;
        if (isNews(certs ?? [])) onRefused(error);
        return ALERT[error.reason];
      }
    },
  };
}

/**
 * Time in which the same refusal is reported once, milliseconds. The library asks again for every
 * packet that arrives before its goodbye has left.
 */
const SAME_REFUSAL_MS = 1_000;

function refusalFilter(): (chain: readonly Uint8Array[]) => boolean {
  let last = Buffer.of();
  let lastAt = Number.NEGATIVE_INFINITY;
  return (chain) => {
    const shown = Buffer.concat(chain);
    const isNews = performance.now() - lastAt > SAME_REFUSAL_MS || !shown.equals(last);
    last = shown;
    lastAt = performance.now();
    return isNews;
  };
}

/**
 * Identifies the peer of a connection that {@link quicPeerConfig} let through.
 *
 * @throws {PeerRefusedError}
 */
export function quicPeerOf(
  connection: { getRemoteCertsChain(): Uint8Array[] },
  files: PeerFiles,
  expect: QuicExpectation,
): PeerIdentity {
  return checkPeerChain(connection.getRemoteCertsChain(), { ...expect, caDer: caDerFromPem(files.caPem) });
}

/**
 * TLS alerts (RFC 8446 section 6.2) as QUIC transport errors: 0x100 + alert (RFC 9001 section 4.8).
 */
const CRYPTO_ERROR = 0x100;
const ALERT: Record<PeerRefusalReason, number> = {
  client_certificate_unfit: CRYPTO_ERROR + 42,
  client_certificate_expired: CRYPTO_ERROR + 45,
  client_certificate_untrusted: CRYPTO_ERROR + 48,
  client_certificate_missing: CRYPTO_ERROR + 116,
};
const INTERNAL_ERROR = CRYPTO_ERROR + 80;
/** unsupported_certificate and certificate_unknown, which other libraries send. */
const UNFIT_TOO = [CRYPTO_ERROR + 43, CRYPTO_ERROR + 46];

/**
 * Reads a connection's transport error code as a refusal of a certificate; undefined when it is
 * about something else.
 *
 * @param peer the other side, for the code of our own close; our side, for the code of the peer's
 */
export function peerRefusedByQuic(errorCode: number, peer: PeerUsage): PeerRefusedError | undefined {
  const reason = UNFIT_TOO.includes(errorCode)
    ? 'client_certificate_unfit'
    : PEER_REFUSAL_REASONS.find((each) => ALERT[each] === errorCode);
  return reason && new PeerRefusedError(reason, `TLS alert ${errorCode - CRYPTO_ERROR}`, peer);
}

/**
 * Reads a server's `EventQUICConnectionError` as a refusal that quiche made by itself and that no
 * `verifyCallback` sees: a client without a certificate above all.
 *
 * Undefined for every other error, and for those that {@link quicPeerConfig} has reported already.
 */
export function peerRefusedByQuiche(error: Error & { data?: unknown }): PeerRefusedError | undefined {
  // Both kinds have this name; only quiche's own carries what quiche threw.
  if (error.name !== 'ErrorQUICConnectionLocalTLS' || error.cause === undefined) return undefined;
  const { errorCode } = (error.data ?? {}) as { errorCode?: number };
  return errorCode === undefined ? undefined : peerRefusedByQuic(errorCode, 'client');
}
