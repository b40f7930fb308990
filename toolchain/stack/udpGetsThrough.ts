import { createSocket } from 'node:dgram';

/** Time that a datagram may take on loopback, milliseconds. */
const ARRIVES_MS = 1_000;

/** Sends a datagram over loopback, as QUIC would, and says whether it arrived within a second. */
export function udpGetsThrough(): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), ARRIVES_MS);
    const no = () => {
      clearTimeout(timer);
      resolve(false);
    };
    socket.once('error', no);
    socket.once('message', () => {
      clearTimeout(timer);
      resolve(true);
    });
    socket.bind(0, '127.0.0.1', () => {
      socket.send('grafos', socket.address().port, '127.0.0.1', (error) => {
        if (error !== null) no();
      });
    });
  }).finally(() => socket.close());
}
