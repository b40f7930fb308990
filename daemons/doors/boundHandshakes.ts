import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { DOOR_LIMITS } from './doorLimits.ts';
import { WaitingRoom } from './waitingRoom.ts';

/**
 * Bounds the connections of a TLS server whose handshake is not done, in number and time. Call it
 * before the server listens.
 */
export function boundHandshakes(server: Server): void {
  const room = new WaitingRoom(DOOR_LIMITS.tlsHandshakes, DOOR_LIMITS.tlsHandshakeMs);
  /**
   * By the peer's address and port: node:tls does not tell which connection a TLS socket was made
   * of.
   */
  const leave = new Map<string, () => void>();
  server.on('connection', (socket: Socket) => {
    const key = peerKey(socket);
    const out = room.enter(() => socket.destroy());
    leave.set(key, out);
    socket.once('close', () => {
      out();
      if (leave.get(key) === out) leave.delete(key);
    });
  });
  server.prependListener('secureConnection', (socket: TLSSocket) => leave.get(peerKey(socket))?.());
}

function peerKey({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
