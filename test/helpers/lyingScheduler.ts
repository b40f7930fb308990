import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { PeerFiles } from '../../daemons/peers/peerFiles.ts';
import { tlsServerOptions } from '../../daemons/peers/peerTls.ts';
import type { CloudCell } from '../../toolchain/deploy/cloudCells.ts';
import { createAuthority } from '../../toolchain/trust/authority.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A scheduler with a good certificate, which answers whatever the test wants. */
export interface LyingScheduler extends AsyncDisposable {
  url: string;
  port: number;
  /** Certificate files of the tenant `acme`. */
  files: PeerFiles;
  /** Answers every request from now on. */
  answer: Answer;
  /** Connections so far, those that broke in the handshake included. */
  connections: number;
  /** Resolves once no connection is open. */
  idle(): Promise<void>;
  /**
   * Writes the trust of the tenant into a folder.
   *
   * @returns the entry of a cells file that names this scheduler
   */
  entryIn(folder: string): Promise<CloudCell>;
}

export async function lyingScheduler(): Promise<LyingScheduler> {
  const ca = createAuthority({ name: 'liars', days: 1 });
  const tenant = ca.issue({ role: 'tenant', name: 'acme', days: 1 });
  const own = ca.issue({ role: 'scheduler', name: 'liar', days: 1 });
  const files: PeerFiles = { caPem: ca.certPem, ...tenant };
  const sockets = new Set<Duplex>();
  const server = createServer(tlsServerOptions({ caPem: ca.certPem, ...own }), (request, response) => {
    response.on('error', () => {});
    request.resume();
    liar.answer(request, response);
  });
  server.on('connection', (socket) => {
    liar.connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('secureConnection', (socket) => socket.on('error', () => {}));
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const liar: LyingScheduler = {
    url: `https://127.0.0.1:${port}`,
    port,
    files,
    answer: (_request, response) => response.end(),
    connections: 0,
    idle: async () => {
      for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
    },
    entryIn: async (folder) => {
      const write = async (name: string, pem: string) => {
        await writeFile(join(folder, name), pem);
        return join(folder, name);
      };
      return {
        scheduler_url: liar.url,
        tenant_name: 'acme',
        ca_cert: await write('liar-ca.pem', files.caPem),
        tenant_cert: await write('liar-tenant.pem', files.certPem),
        tenant_key: await write('liar-tenant-key.pem', files.keyPem),
      };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return liar;
}
