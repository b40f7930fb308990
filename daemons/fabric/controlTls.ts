/** mTLS on TCP between a scheduler and a cell, for any content: the listener and the dialler. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { hostPort } from '../../base/hostPort.ts';
import { checkPeerChain, type PeerIdentity } from '../peers/peerCertificate.ts';
import { caDerFromPem, type PeerFiles } from '../peers/peerFiles.ts';
import { guardTlsServer, peerOf, peerRefusedByTls, tlsClientOptions, tlsServerOptions } from '../peers/peerTls.ts';
import { CONTROL_CLIENT_ROLES, CONTROL_SERVER_ROLES } from './controlLink.ts';

const KEEP_ALIVE_MS = 5_000;

/** Takes over an authenticated connection; the socket's errors are its to listen to. */
export type OnTlsSocket = (socket: TLSSocket, peer: PeerIdentity, address: string) => void;

export interface TlsListenOptions {
  host: string;
  port: number;
  trust: PeerFiles;
  /** The owner of each protocol's connections, by ALPN name. */
  protocols: ReadonlyMap<string, OnTlsSocket>;
  onRefused(address: string, why: string): void;
}

export interface TlsListener {
  readonly port: number;
  /**
   * Admits no more connections. Resolves once every connection is gone. Those that are still there
   * after `graceMs` are cut off.
   */
  close(graceMs: number): Promise<void>;
}

/** Throws the system's error (`EADDRINUSE` and its like). */
export async function listenControlTls(options: TlsListenOptions): Promise<TlsListener> {
  const { host, port, trust, protocols, onRefused } = options;
  const open = new Set<Socket>();
  const server = createServer({
    ...tlsServerOptions(trust),
    ALPNProtocols: [...protocols.keys()],
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
  guardTlsServer(server, {
    caPem: trust.caPem,
    roles: CONTROL_CLIENT_ROLES,
    onRefused: (refused, address) => onRefused(address ?? 'unknown', `${refused.reason}: ${refused.detail}`),
  });
  // Before the handshake too: a stranger that never ends it would hold up the end of the listener.
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.on('secureConnection', (socket) => {
    if (socket.destroyed) return;
    const address = hostPort(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0);
    const onSocket = protocols.get(socket.alpnProtocol || '');
    if (onSocket !== undefined) {
      onSocket(socket, peerOf(socket), address);
      return;
    }
    onRefused(address, `it does not speak ${[...protocols.keys()].join(' or ')}`);
    socket.destroy();
  });
  server.listen(port, host);
  await once(server, 'listening');
  server.on('error', (error) => onRefused('listener', error.message));
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    close: async (graceMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const timer = setTimeout(() => {
        for (const socket of open) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

export interface TlsDialOptions {
  host: string;
  port: number;
  alpn: string;
  trust: PeerFiles;
  timeoutMs: number;
  /** Gives up when aborted. */
  signal?: AbortSignal;
}

/**
 * Opens a connection. The errors of the socket are listened to.
 *
 * @throws {PeerRefusedError} when the cell is refused
 * @throws {Error} when the connection could not be made
 */
export async function dialControlTls(options: TlsDialOptions): Promise<{ socket: TLSSocket; peer: PeerIdentity }> {
  const { host, port, alpn, trust, timeoutMs, signal } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const socket = connect({
    host,
    port,
    ...tlsClientOptions(trust, { roles: CONTROL_SERVER_ROLES }),
    ALPNProtocols: [alpn],
  });
  // The cell may refuse us, and the socket end, before anybody has it.
  socket.on('error', ignore);
  try {
    await once(socket, 'secureConnect', {
      signal: AbortSignal.any([deadline, ...(signal === undefined ? [] : [signal])]),
    });
    const leaf = socket.getPeerX509Certificate();
    const peer = checkPeerChain(leaf === undefined ? [] : [leaf.raw], {
      caDer: caDerFromPem(trust.caPem),
      usage: 'server',
      roles: CONTROL_SERVER_ROLES,
      host,
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    return { socket, peer };
  } catch (error) {
    socket.destroy();
    if (deadline.aborted) throw new Error(`no answer within ${timeoutMs} ms`, { cause: error });
    const refused = error instanceof Error ? peerRefusedByTls(error, 'server', socket.authorizationError) : undefined;
    throw refused ?? error;
  }
}

function ignore(): void {}
