import { GrafosError } from './grafosError.ts';
import type { PeerUsage } from './peerRole.ts';
import type { RefusalReason } from './tenantApi.ts';

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

/**
 * A peer whose certificate chain does not pass {@link checkPeerChain}.
 *
 * `reason` is the word of the audit log. `detail` names the failed check, for logs and people,
 * never for the peer. `code` is the reason, with `server_` for `client_` where the peer is a
 * server.
 */
export class PeerRefused extends GrafosError {
  readonly reason: PeerRefusalReason;
  readonly detail: string;

  constructor(reason: PeerRefusalReason, detail: string, peer: PeerUsage) {
    const isServer = peer === 'server';
    super('refused', isServer ? reason.replace('client', 'server') : reason, `The ${peer} ${WHAT[reason]}.`, {
      why: detail,
      ...(isServer
        ? {
            next: 'For the local stack run `grafos dev up` again; for a cell, check its address and the CA file you gave.',
          }
        : {}),
    });
    this.name = 'PeerRefused';
    this.reason = reason;
    this.detail = detail;
  }
}
