/**
 * Replaces the work of `@matrixai/quic` for each packet by a cheaper one.
 *
 * For every packet the library makes a lock with a timer, an abort controller and an error, and two
 * native iterators, and it acknowledges the packet at once with one of its own. That was a third of
 * a run's time in a daemon, and most of the copying of its collector. The version is pinned.
 * `test/daemons/quicPackets.test.ts` compares this file with the code that it replaces.
 */

/**
 * Delay of an acknowledgement, milliseconds, so that a quick answer takes it along. RFC 9000, 18.2:
 * the peer expects up to 25 ms.
 */
const ACKNOWLEDGED_MS = 5;
/** RFC 9000, 13.2.2: at least every second packet is acknowledged at once. */
const UNACKNOWLEDGED_MAX = 1;

interface QuicStream {
  streamId: number;
  read(): void;
}

/** Internal to the library. */
interface QuicInternals {
  /** Packets are taken in one after another. */
  recvLock: { withF(receive: () => Promise<void>): Promise<void> };
  /**
   * After each packet: reads the readable streams, and wakes the writers that wait. Also makes the
   * streams that the peer opened.
   */
  processStreams(): void;
  /**
   * Sends all that is due: after each packet, when a stream has written or read, and when a timer
   * fires.
   */
  send(): Promise<void>;
  streamMap: ReadonlyMap<number, QuicStream>;
  conn: {
    streamReadable(streamId: number): boolean;
    /** Receives bytes. `send` follows at once, so that the peer learns that there is room again. */
    streamRecv(streamId: number, into: Uint8Array): [number, boolean] | null;
    /**
     * Sends bytes and returns the number that was taken. For the others the writer waits until
     * `processStreams` finds room.
     */
    streamSend(streamId: number, data: Uint8Array, isLast: boolean): number | null;
    isDraining(): boolean;
    isClosed(): boolean;
  };
}

/**
 * For a connection whose handshake is done.
 * @param streams how many there are once both ends have opened theirs; neither may open more
 */
export function lightenPackets(connection: object, streams: number): void {
  const quic = connection as QuicInternals;
  const { conn, streamMap } = quic;
  const processAny = quic.processStreams.bind(quic);
  const sendNow = quic.send.bind(quic);
  const streamRecv = conn.streamRecv.bind(conn);
  const streamSend = conn.streamSend.bind(conn);
  let last: Promise<unknown> = Promise.resolve();
  /** The next packet carries only an acknowledgement: no data is queued. */
  let hasOnlyReceived = false;
  let unacknowledged = 0;
  /** Streams whose writer waits for room. */
  const waiting = new Set<number>();
  let timer: NodeJS.Timeout | undefined;

  quic.recvLock = {
    withF: (receive) => {
      const turn = last.then(() => {
        hasOnlyReceived = true;
        // All of it is done when this returns, and so is the call of `send` at its end.
        return receive();
      });
      last = turn.catch(ignore);
      return turn;
    },
  };
  quic.processStreams = () => {
    if (streamMap.size !== streams || waiting.size > 0) {
      processAny();
      return;
    }
    for (const stream of streamMap.values()) if (conn.streamReadable(stream.streamId)) stream.read();
  };
  conn.streamSend = (streamId, data, isLast) => {
    const taken = streamSend(streamId, data, isLast);
    if ((taken ?? 0) < data.length) waiting.add(streamId);
    else waiting.delete(streamId);
    return taken;
  };
  conn.streamRecv = (streamId, into) => {
    hasOnlyReceived = true;
    unacknowledged++;
    return streamRecv(streamId, into);
  };
  quic.send = async () => {
    const canWait = hasOnlyReceived && unacknowledged <= UNACKNOWLEDGED_MAX && !conn.isDraining() && !conn.isClosed();
    hasOnlyReceived = false;
    if (canWait) {
      timer ??= setTimeout(() => void quic.send().catch(ignore), ACKNOWLEDGED_MS);
      return;
    }
    unacknowledged = 0;
    clearTimeout(timer);
    timer = undefined;
    await sendNow();
  };
}

function ignore(): void {}
