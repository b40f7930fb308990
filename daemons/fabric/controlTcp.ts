/** Fabric control over mTLS on TCP, for machines without QUIC or UDP. */

import { hostPort } from '../../base/hostPort.ts';
import { PeerRefusedError } from '../peers/peerRefused.ts';
import { FABRIC_ALPN } from '../wire/fabricControl.ts';
import {
  type ControlLink,
  type ControlListener,
  type DialOptions,
  type ListenOptions,
  unreachable,
} from './controlLink.ts';
import { dialControlTls, listenControlTls } from './controlTls.ts';
import { TcpLink } from './tcpLink.ts';

/** Time that a port waits for its goodbyes to be taken, milliseconds. */
const GOODBYE_MS = 1_000;

/** Throws the system's error (`EADDRINUSE` and its like). */
export async function listenControlTcp(options: ListenOptions): Promise<ControlListener> {
  const { host, port, trust, onLink, onRefused } = options;
  const links = new Set<TcpLink>();
  const listener = await listenControlTls({
    host,
    port,
    trust,
    protocols: new Map([
      [
        FABRIC_ALPN,
        (socket, peer, address) => {
          const link = new TcpLink(socket, peer, address);
          links.add(link);
          void link.closed.then(() => links.delete(link));
          onLink(link);
        },
      ],
    ]),
    onRefused,
  });
  return {
    address: hostPort(host, listener.port),
    close: async (reason) => {
      for (const link of links) link.close(reason);
      await listener.close(GOODBYE_MS);
    },
  };
}

/** Throws PeerRefusedError, or GrafosError `fabric_unreachable`. */
export async function dialControlTcp(options: DialOptions): Promise<ControlLink> {
  const { host, port } = options;
  try {
    const { socket, peer } = await dialControlTls({ ...options, alpn: FABRIC_ALPN });
    return new TcpLink(socket, peer, hostPort(host, port));
  } catch (error) {
    throw error instanceof PeerRefusedError ? error : unreachable(host, port, error);
  }
}
