/**
 * mTLS over node:tls, node:https and node:http2, both ends. OpenSSL refuses first (no certificate,
 * another CA, out of date). The rest is for {@link checkPeerChain}.
 *
 * Node does not show a server the certificates that a client sent after its leaf, nor a client
 * those that a server sent and OpenSSL had no use for. They do not matter, because the leaf must be
 * signed by our CA's key itself.
 */
import type { PeerCertificate, SecureContextOptions, Server, TLSSocket, TlsOptions } from 'node:tls';
import { boundHandshakes } from '../doors/boundHandshakes.ts';
import { DOOR_LIMITS } from '../doors/doorLimits.ts';
import type { PeerRole, PeerUsage } from '../wire/peerRole.ts';
import { checkPeerChain, type PeerIdentity } from './peerCertificate.ts';
import { caDerFromPem, type PeerFiles } from './peerFiles.ts';
import { type PeerRefusalReason, PeerRefusedError } from './peerRefused.ts';

/**
 * For `tls.createServer`, `https.createServer` and `http2.createSecureServer`; the server then
 * needs {@link guardTlsServer}.
 */
export function tlsServerOptions(files: PeerFiles): TlsOptions {
  return {
    ca: files.caPem,
    cert: files.certPem,
    key: files.keyPem,
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: DOOR_LIMITS.tlsHandshakeMs,
  };
}

export interface TlsGuard {
  caPem: string;
  roles?: readonly PeerRole[];
  /**
   * For the audit log; the peer gets no reason. `address` is `host:port`, or null when the socket
   * is already gone.
   */
  onRefused(refused: PeerRefusedError, address: string | null): void;
}

const PEER = Symbol('peer');

/**
 * Checks every connection after its handshake, resumed ones too, before the server's own listener
 * sees it.
 *
 * One that fails is destroyed, and no byte that it sent is read. Handshakes are bounded as well.
 *
 * Call it on the server before it listens. {@link peerOf} then identifies the peer of a socket.
 */
export function guardTlsServer(server: Server, guard: TlsGuard): void {
  const caDer = caDerFromPem(guard.caPem);
  boundHandshakes(server);
  server.prependListener('secureConnection', (socket: TLSSocket & { [PEER]?: PeerIdentity }) => {
    try {
      const leaf = socket.getPeerX509Certificate();
      const chain = leaf === undefined ? [] : [leaf.raw];
      socket[PEER] = checkPeerChain(chain, { caDer, usage: 'client', ...(guard.roles && { roles: guard.roles }) });
    } catch (error) {
      const address = addressOf(socket);
      socket.destroy();
      // A check that breaks has not passed, and must not take the daemon with it.
      const refused =
        error instanceof PeerRefusedError
          ? error
          : new PeerRefusedError('client_certificate_unfit', `not checkable: ${error}`, 'client');
      guard.onRefused(refused, address);
    }
  });
  server.prependListener('tlsClientError', (error: Error, socket: TLSSocket) => {
    const refused = peerRefusedByTls(error, 'client', socket.authorizationError);
    if (refused !== undefined) guard.onRefused(refused, addressOf(socket));
  });
}

/**
 * The peer of a socket of a guarded server; also from `request.socket`, over HTTP/1.1 and HTTP/2.
 */
export function peerOf(socket: object): PeerIdentity {
  const peer = (socket as { [PEER]?: PeerIdentity })[PEER];
  if (peer === undefined) throw new Error('this socket does not belong to a guarded TLS server');
  return peer;
}

export interface ExpectedServer {
  /** Roles the server may have; at least one. */
  roles: readonly PeerRole[];
  /** The name it must have, such as a cell id. */
  name?: string;
}

export interface TlsClientOptions extends SecureContextOptions {
  rejectUnauthorized: true;
  checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined;
  maxCachedSessions: 0;
}

/**
 * Options for `tls.connect`, `https.request` and `https.Agent`.
 *
 * A server that fails the check ends the connection with {@link PeerRefusedError} before a byte of
 * the request is sent. Sessions are not resumed (`maxCachedSessions`), because Node skips the check
 * on those.
 */
export function tlsClientOptions(files: PeerFiles, expected: ExpectedServer): TlsClientOptions {
  const caDer = caDerFromPem(files.caPem);
  return {
    ca: files.caPem,
    cert: files.certPem,
    key: files.keyPem,
    minVersion: 'TLSv1.3',
    // The only algorithm that our leaves can use. Node 24 crashes in getPeerCertificate, which it
    // calls before checkServerIdentity, on a server key of the brainpool curves that OpenSSL offers
    // by default.
    sigalgs: 'ecdsa_secp256r1_sha256',
    rejectUnauthorized: true,
    maxCachedSessions: 0,
    checkServerIdentity(host, certificate) {
      try {
        checkPeerChain(certificate.raw === undefined ? [] : [certificate.raw], {
          caDer,
          usage: 'server',
          host,
          ...expected,
        });
        return undefined;
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error));
      }
    },
  };
}

/**
 * Reads an error of OpenSSL as a refusal of the peer's certificate; undefined where it is about
 * something else.
 *
 * @param peer the side that the peer is on
 * @param authorizationError the socket's, where the error itself says no more than "hang up"
 */
export function peerRefusedByTls(
  error: Error,
  peer: PeerUsage,
  authorizationError?: unknown,
): PeerRefusedError | undefined {
  if (error instanceof PeerRefusedError) return error;
  const codes = [authorizationError, 'code' in error ? error.code : undefined].filter(
    (code) => typeof code === 'string',
  );
  for (const code of codes) {
    const reason = REASONS[code];
    if (reason !== undefined) return new PeerRefusedError(reason, `OpenSSL says ${code}`, peer);
  }
  return undefined;
}

const UNTRUSTED = 'client_certificate_untrusted';
const EXPIRED = 'client_certificate_expired';
const UNFIT = 'client_certificate_unfit';

/**
 * Node's names of OpenSSL's X509_V_ERR_* (node:tls documents the list), and of the two handshake
 * errors without one.
 */
const REASONS: Record<string, PeerRefusalReason> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'client_certificate_missing',
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: EXPIRED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: UNTRUSTED,
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_REJECTED: UNTRUSTED,
  CERT_CHAIN_TOO_LONG: UNFIT,
  PATH_LENGTH_EXCEEDED: UNFIT,
  INVALID_CA: UNFIT,
  INVALID_PURPOSE: UNFIT,
  ERROR_IN_CERT_NOT_BEFORE_FIELD: UNFIT,
  ERROR_IN_CERT_NOT_AFTER_FIELD: UNFIT,
  HOSTNAME_MISMATCH: UNFIT,
  UNSPECIFIED: UNFIT,
};

function addressOf(socket: TLSSocket): string | null {
  const { remoteAddress, remotePort } = socket;
  return remoteAddress === undefined ? null : `${remoteAddress}:${remotePort}`;
}
