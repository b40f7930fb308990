import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { events, QUICClient } from '@matrixai/quic';
import { BLOB_ALPN } from '../../daemons/fabric/blobToken.ts';
import type { PeerFiles } from '../../daemons/peers/peerFiles.ts';
import { quicPeerConfig } from '../../daemons/peers/peerQuic.ts';
import { FABRIC_ALPN } from '../../daemons/wire/fabricControl.ts';

const HOST = '127.0.0.1';
const logger = { getChild: () => logger, debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;
type Logger = NonNullable<Parameters<typeof QUICClient.createQUICClient>[0]['logger']>;

/** The QUIC half of a link, opened by hand. */
export interface QuicHalf {
  /** Writes to stream 0 or 4. */
  write(stream: 0 | 4, bytes: Uint8Array): Promise<void>;
  /** Why the cell ended it. */
  readonly closed: Promise<string>;
  end(reason: string): void;
}

export async function quicHalf(port: number, files: PeerFiles): Promise<QuicHalf> {
  const client = await QUICClient.createQUICClient({
    host: HOST,
    port,
    logger,
    crypto: { ops: { randomBytes: async (data) => void randomFillSync(new Uint8Array(data)) } },
    config: {
      applicationProtos: [FABRIC_ALPN],
      maxIdleTimeout: 20_000,
      ...quicPeerConfig(files, { usage: 'server', roles: ['cell'], host: HOST }),
    },
  });
  const { connection } = client;
  const closed = new Promise<string>((resolve) => {
    connection.addEventListener(events.EventQUICConnectionClose.name, () => {
      resolve(Buffer.from(connection.getConnectionError()?.reason ?? []).toString());
    });
  });
  const writers = [0, 4].map((id) => {
    const stream = connection.newStream('bidi');
    if (stream.streamId !== id) throw new Error(`stream ${stream.streamId} where ${id} was due`);
    const writer = stream.writable.getWriter();
    writer.closed.catch(() => {});
    return writer;
  });
  return {
    write: async (stream, bytes) => writers[stream / 4]?.write(bytes),
    closed,
    end: (reason) => {
      client.destroy({ isApp: true, errorCode: 1, reason: Buffer.from(reason), force: true }).catch(() => {});
    },
  };
}

/** The TCP half of a link, opened by hand; resolves once the handshake is done on this side. */
export async function tcpHalf(port: number, files: PeerFiles, alpn = BLOB_ALPN): Promise<TLSSocket> {
  const { caPem: ca, certPem: cert, keyPem: key } = files;
  const socket = connect({ host: HOST, port, ca, cert, key, ALPNProtocols: [alpn] });
  await once(socket, 'secureConnect');
  socket.on('error', () => {});
  return socket.resume();
}
