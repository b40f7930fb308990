import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { shownCertificate } from '../../../../toolchain/deploy/shownCertificate.ts';
import { createAuthority } from '../../../../toolchain/trust/authority.ts';

const authority = createAuthority({ name: 'ends', days: 30 });
const tenant = authority.issue({ role: 'tenant', name: 'acme', days: 5 });
const trust = { caPem: authority.certPem, ...tenant };
const { signal } = new AbortController();

async function listening(host: string): Promise<Server | undefined> {
  const { certPem: cert, keyPem: key } = authority.issue({ role: 'scheduler', name: 's', hosts: [host], days: 9 });
  const server = createServer({ cert, key });
  try {
    await once(server.listen(0, host), 'listening');
    return server;
  } catch {
    return undefined;
  }
}

describe('the certificate that a scheduler shows', () => {
  for (const [host, inUrl] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '[::1]'],
  ] as const) {
    it(`is asked for at ${inUrl}`, async function () {
      const server = await listening(host);
      if (server === undefined) return this.skip();
      try {
        const url = `https://${inUrl}:${(server.address() as AddressInfo).port}`;
        const days =
          ((await shownCertificate({ url, ...trust }, signal)).validToDate.getTime() - Date.now()) / 86_400_000;
        assert.ok(days > 8 && days < 9.1, String(days));
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  }

  it('is asked for at the port of https where the URL has none', async () => {
    const asked = shownCertificate({ url: 'https://127.0.0.1', ...trust }, signal);
    const error = await asked.then(
      () => assert.fail('a stranger has a certificate of ours'),
      (fault: NodeJS.ErrnoException & { port?: number }) => fault,
    );
    assert.notEqual(error.code, 'ERR_SOCKET_BAD_PORT');
    if (error.code === 'ECONNREFUSED') assert.equal(error.port, 443);
  });

  it('is not waited for long, and a cancel ends the wait at once', async () => {
    const server = createTcpServer(() => {});
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await assert.rejects(shownCertificate({ url, ...trust }, AbortSignal.abort()), { name: 'AbortError' });
      await assert.rejects(shownCertificate({ url, ...trust }, signal), { code: 'scheduler_unreachable' });
    } finally {
      server.close();
    }
  });
});
