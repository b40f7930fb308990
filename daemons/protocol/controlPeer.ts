import { X509Certificate } from 'node:crypto';
import { checkPeerChain, type PeerIdentity } from './peerCertificate.ts';

/** Who may stand on either side of fabric control: a scheduler asks, a cell answers. Both throw PeerRefused. */
export interface ControlPeer {
  client(chain: readonly Uint8Array[]): PeerIdentity;
  server(chain: readonly Uint8Array[], host: string): PeerIdentity;
}

export function controlPeer(caPem: string): ControlPeer {
  const caDer = new X509Certificate(caPem).raw;
  return {
    client: (chain) => checkPeerChain(chain, { caDer, usage: 'client', roles: ['scheduler'] }),
    server: (chain, host) => checkPeerChain(chain, { caDer, usage: 'server', roles: ['cell'], host }),
  };
}
