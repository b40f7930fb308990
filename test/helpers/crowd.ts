import { once } from 'node:events';
import type { Socket } from 'node:net';

export interface Crowd extends Disposable {
  /** Number of connections that the other end has closed. */
  readonly ended: number;
  /** Resolves once `count` of them were closed; rejects after `ms`. */
  endedAtLeast(count: number, ms: number): Promise<void>;
}

/** Opens many connections at one time and keeps them open until the other end closes them. */
export async function crowd(count: number, open: (index: number) => Socket, ready = 'connect'): Promise<Crowd> {
  let ended = 0;
  let onEnd: (() => void) | undefined;
  const sockets = Array.from({ length: count }, (_, index) => open(index));
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.resume();
    socket.once('close', () => {
      ended++;
      onEnd?.();
    });
  }
  // One that is displaced before it is there counts as there.
  await Promise.all(sockets.map((socket) => Promise.race([once(socket, ready), once(socket, 'close')])));
  return {
    get ended() {
      return ended;
    },
    endedAtLeast: (wanted, ms) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${ended} of ${wanted} ended within ${ms} ms`)), ms);
        onEnd = () => {
          if (ended < wanted) return;
          clearTimeout(timer);
          resolve();
        };
        onEnd();
      }),
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
