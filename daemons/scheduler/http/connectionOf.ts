import type { TLSSocket } from 'node:tls';
import { peerOf } from '../../peers/peerTls.ts';
import type { Connection } from '../auth/connection.ts';

const CONNECTION = Symbol('connection');

/**
 * The connection of a request's socket, made at its first request.
 *
 * It is kept on the socket itself: HTTP/2 gives each request a new stand-in for the socket, whose
 * properties lead back to the real one.
 */
export function connectionOf(requestSocket: object): Connection {
  const socket = requestSocket as TLSSocket & { [CONNECTION]?: Connection };
  const known = socket[CONNECTION];
  if (known !== undefined) return known;
  const identity = peerOf(socket);
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new Error('a guarded socket without a certificate');
  const { role, name } = identity;
  const connection: Connection = {
    identity,
    key: certificate.publicKey,
    peer: `${role}/${name} ${socket.remoteAddress}:${socket.remotePort}`,
    tokens: new Map(),
  };
  socket[CONNECTION] = connection;
  return connection;
}
