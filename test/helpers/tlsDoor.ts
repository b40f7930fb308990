import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { PeerIdentity } from '../../daemons/peers/peerCertificate.ts';
import type { PeerRefusedError } from '../../daemons/peers/peerRefused.ts';
import {
  guardTlsServer,
  peerOf,
  peerRefusedByTls,
  tlsClientOptions,
  tlsServerOptions,
} from '../../daemons/peers/peerTls.ts';
import type { Ca } from './chainMaker.ts';
import { type Attempt, type Door, doorFiles, leafOf, shownFiles, within } from './door.ts';

/** The laxest settings of OpenSSL, which an attacker would use. */
const CARELESS = { rejectUnauthorized: false, ciphers: 'DEFAULT@SECLEVEL=0', minVersion: 'TLSv1.3' } as const;
const OFFER_MS = 10_000;

/**
 * A real HTTPS server of this project that wants tenants; the test is a client that sends its
 * request without waiting.
 */
export async function tlsServerDoor(ca: Ca): Promise<Door> {
  const files = doorFiles(ca, 'server');
  const peers: PeerIdentity[] = [];
  const refusals: PeerRefusedError[] = [];
  const server = createServer(tlsServerOptions(files), (request, response) => {
    peers.push(peerOf(request.socket));
    response.end('in');
  });
  guardTlsServer(server, {
    caPem: files.caPem,
    roles: ['tenant'],
    onRefused: (refused) => refusals.push(refused),
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    async offer(chain) {
      let socket: TLSSocket;
      try {
        socket = connect({ port, host: '127.0.0.1', ...CARELESS, ...shownFiles(chain) });
      } catch (error) {
        return { outcome: 'not-offerable', refusals: [], how: String(error) };
      }
      let answer = '';
      let how = 'closed';
      socket.on('data', (data: Buffer) => {
        answer += data.toString('latin1');
      });
      socket.on('error', (error: Error & { code?: string }) => {
        how = error.code ?? error.message;
      });
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      await within(OFFER_MS, chain.name, new Promise((resolve) => socket.on('close', resolve)));
      const [leaf] = peers.splice(0);
      if (leaf === undefined && answer === '') return { outcome: 'refused', refusals: refusals.splice(0), how };
      return { outcome: 'accepted', refusals: refusals.splice(0), ...(leaf && { leaf }), how: answer.slice(0, 40) };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A client of this project that wants a cell at 127.0.0.1; the test is the server. */
export async function tlsClientDoor(ca: Ca): Promise<Door> {
  const files = doorFiles(ca, 'client');
  const options = tlsClientOptions(files, { roles: ['cell'] });
  let bytesSeen = 0;
  const server = createTlsServer({ ...CARELESS, ca: files.caPem, requestCert: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => {
      bytesSeen += data.length;
      socket.end('in');
    });
  });
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    async offer(chain): Promise<Attempt> {
      try {
        server.setSecureContext({ ...CARELESS, ca: files.caPem, ...shownFiles(chain) });
      } catch (error) {
        return { outcome: 'not-offerable', refusals: [], how: String(error) };
      }
      bytesSeen = 0;
      const refusals: PeerRefusedError[] = [];
      let how = 'closed';
      let answer = '';
      let leaf: Attempt['leaf'];
      const socket = connect({ ...options, port, host: '127.0.0.1' }, () => {
        leaf = leafOf(socket.getPeerCertificate().raw);
      });
      socket.on('data', (data: Buffer) => {
        answer += data.toString('latin1');
      });
      socket.on('error', (error: Error & { code?: string }) => {
        how = error.code ?? error.message;
        const refused = peerRefusedByTls(error, 'server');
        if (refused !== undefined) refusals.push(refused);
      });
      socket.write('hello');
      await within(OFFER_MS, chain.name, new Promise((resolve) => socket.on('close', resolve)));
      const isOut = bytesSeen === 0 && answer === '' && leaf === undefined;
      return { outcome: isOut ? 'refused' : 'accepted', refusals, ...(leaf && { leaf }), how };
    },
    async close() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
