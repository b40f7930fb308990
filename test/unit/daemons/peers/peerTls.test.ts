import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { Agent, createServer, request } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { connect, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { guardTlsServer, peerOf, tlsClientOptions, tlsServerOptions } from '../../../../daemons/peers/peerTls.ts';
import { badChains } from '../../../helpers/badChains.ts';
import { type Chain, ChainMaker, goodChains, makeCa } from '../../../helpers/chainMaker.ts';
import { doorFiles, shownFiles, within } from '../../../helpers/door.ts';

const DEADLINE_MS = 10_000;
const maker = new ChainMaker(makeCa(), 'client');
const files = doorFiles(maker.ca, 'server');
const [good] = goodChains(maker);
const bad = badChains(maker).find(({ name }) => name === 'no extended key usage');
assert.ok(good !== undefined && bad !== undefined);

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

describe('a guarded HTTP/2 server', () => {
  it('answers a good client by its name and never sees the request of a bad one', async () => {
    const seen: string[] = [];
    const refusals: string[] = [];
    const server = createSecureServer({ ...tlsServerOptions(files), allowHTTP1: true }, (asked, response) => {
      seen.push(peerOf(asked.socket).name);
      response.end('in');
    });
    guardTlsServer(server, { caPem: files.caPem, onRefused: (refused) => refusals.push(refused.reason) });
    const url = `https://127.0.0.1:${await listen(server)}`;
    const ask = async (one: Chain) => {
      const session = connectHttp2(url, { ca: files.caPem, ...shownFiles(one) });
      session.on('error', () => {});
      const stream = session.request({ ':path': '/' });
      stream.on('error', () => {});
      let text = '';
      stream.on('data', (data: Buffer) => {
        text += data.toString();
      });
      await within(DEADLINE_MS, one.name, new Promise((resolve) => stream.on('close', resolve)));
      session.destroy();
      return text;
    };
    try {
      assert.equal(await ask(good), 'in');
      assert.equal(await ask(bad), '');
      assert.deepEqual(seen, ['someone']);
      assert.deepEqual(refusals, ['client_certificate_unfit']);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('a resumed TLS session', () => {
  it('is checked by the server like the first', async () => {
    const seen: [string, boolean][] = [];
    const server = createTlsServer(tlsServerOptions(files));
    guardTlsServer(server, { caPem: files.caPem, onRefused: (refused) => assert.fail(refused.detail) });
    server.on('secureConnection', (socket: TLSSocket) => {
      seen.push([peerOf(socket).name, socket.isSessionReused()]);
      socket.end('in');
    });
    const port = await listen(server);
    const dial = async (session?: Buffer) => {
      const socket = connect({
        port,
        host: '127.0.0.1',
        ca: files.caPem,
        ...shownFiles(good),
        ...(session && { session }),
      });
      let ticket: Buffer | undefined;
      socket.once('session', (given: Buffer) => {
        ticket = given;
      });
      socket.resume();
      await within(DEADLINE_MS, 'the end', new Promise((resolve) => socket.on('close', resolve)));
      return ticket;
    };
    try {
      await dial(await dial());
      assert.deepEqual(seen, [
        ['someone', false],
        ['someone', true],
      ]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('is not asked for by our clients, because Node would not check the server again', async () => {
    const reused: boolean[] = [];
    const server = createServer(tlsServerOptions(files), (asked, response) => {
      reused.push((asked.socket as TLSSocket).isSessionReused());
      response.end();
    });
    guardTlsServer(server, { caPem: files.caPem, onRefused: (refused) => assert.fail(refused.detail) });
    const port = await listen(server);
    const agent = new Agent({
      ...tlsClientOptions(doorFiles(maker.ca, 'client'), { roles: ['cell'] }),
      keepAlive: false,
    });
    const ask = () =>
      new Promise((resolve, reject) => {
        request({ host: '127.0.0.1', port, agent }, (response) => response.resume().on('close', resolve))
          .on('error', reject)
          .end();
      });
    try {
      await within(DEADLINE_MS, 'the first', ask());
      await within(DEADLINE_MS, 'the second', ask());
      assert.deepEqual(reused, [false, false]);
    } finally {
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
