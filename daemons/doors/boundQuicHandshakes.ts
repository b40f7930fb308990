import { DOOR_LIMITS } from './doorLimits.ts';
import { WaitingRoom } from './waitingRoom.ts';

/**
 * Internal to `@matrixai/quic`: what its socket keeps connections in, each before it is started.
 */
interface Internals {
  connectionMap: { set(id: unknown, connection: Starting): unknown };
}

interface Starting {
  /** Resolves when the handshake is done; ends the connection when the signal aborts. */
  start(first: unknown, context: { signal?: AbortSignal }): Promise<void>;
}

/**
 * Bounds the handshakes under way at a QUIC listener in number; the library bounds each in time.
 *
 * @param socket the QUICSocket of the listener, before it gets a packet
 * @param most handshakes; the one that waited longest goes first
 */
export function boundQuicHandshakes(socket: object, most: number = DOOR_LIMITS.quicHandshakes): void {
  const { connectionMap } = socket as Internals;
  const room = new WaitingRoom(most);
  const set = connectionMap.set.bind(connectionMap);
  connectionMap.set = (id, connection) => {
    const start = connection.start.bind(connection);
    connection.start = async (first, context) => {
      const displaced = new AbortController();
      const leave = room.enter(() => displaced.abort(new Error('displaced by newer handshakes')));
      const signals = context.signal === undefined ? [displaced.signal] : [context.signal, displaced.signal];
      try {
        await start(first, { ...context, signal: AbortSignal.any(signals) });
      } finally {
        leave();
      }
    };
    return set(id, connection);
  };
}
