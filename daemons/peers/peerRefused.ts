import type { ErrorCode } from '../../base/errorCodes.ts';
import { GrafosError } from '../../base/grafosError.ts';
import type { PeerUsage } from '../wire/peerRole.ts';
import type { RefusalReason } from '../wire/tenantApi.ts';

export type PeerRefusalReason = Extract<RefusalReason, `client_certificate_${string}`>;

export const PEER_REFUSAL_REASONS = [
  'client_certificate_missing',
  'client_certificate_untrusted',
  'client_certificate_expired',
  'client_certificate_unfit',
] as const satisfies PeerRefusalReason[];

const WHAT: Record<PeerRefusalReason, string> = {
  client_certificate_missing: 'shows no certificate',
  client_certificate_untrusted: 'shows a certificate that is not from our CA',
  client_certificate_expired: 'shows a certificate that is not valid now',
  client_certificate_unfit: 'shows a certificate that does not fit its part',
};

const OF_SERVER = {
  client_certificate_missing: 'server_certificate_missing',
  client_certificate_untrusted: 'server_certificate_untrusted',
  client_certificate_expired: 'server_certificate_expired',
  client_certificate_unfit: 'server_certificate_unfit',
} as const satisfies Record<PeerRefusalReason, ErrorCode>;

/**
 * A peer whose certificate chain does not pass {@link checkPeerChain}.
 *
 * `reason` is the word of the audit log. `detail` names the failed check, for logs and people,
 * never for the peer. `code` is the reason, with `server_` for `client_` where the peer is a
 * server.
 */
export class PeerRefusedError extends GrafosError {
  readonly reason: PeerRefusalReason;
  readonly detail: string;

  constructor(reason: PeerRefusalReason, detail: string, peer: PeerUsage) {
    const isServer = peer === 'server';
    super(isServer ? OF_SERVER[reason] : reason, `The ${peer} ${WHAT[reason]}.`, {
      why: detail,
      ...(isServer
        ? {
            next: 'For the local stack run `grafos dev up` again; for a cell, check its address and the CA file you gave.',
          }
        : {}),
    });
    this.name = 'PeerRefusedError';
    this.reason = reason;
    this.detail = detail;
  }
}
