/** Refusals over the real wire: each case with its typed reason and its audit record. */
import assert from 'node:assert/strict';
import { createPrivateKey, randomBytes, sign, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as h2connect } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import { mock } from 'node:test';
import { connect as tlsConnect } from 'node:tls';
import type { PeerFiles } from '../../daemons/peers/peerFiles.ts';
import { certificateThumbprint } from '../../daemons/peers/tenantToken.ts';
import { createAuthority } from '../../toolchain/trust/authority.ts';
import { tokenSpellings } from '../helpers/tokenSpellings.ts';
import { CELL_ID, type Harness, MODULE, MODULE_SHA256, startHarness, submitOf, tokenOf } from './schedulerHarness.ts';

interface Got {
  status: number;
  reason: string | undefined;
  text: string;
}

describe('scheduler: who is refused', () => {
  let stack: Harness;
  const agents: Agent[] = [];
  before(async () => {
    stack = await startHarness();
  });
  after(() => stack.close());
  afterEach(() => {
    for (const agent of agents.splice(0)) agent.destroy();
  });

  /** One connection of its own, as an attacker would hold it. It sends the given bytes. */
  function wire(
    files: Partial<PeerFiles>,
  ): (method: string, path: string, token?: string, body?: string) => Promise<Got> {
    const tls = { ca: stack.authority.certPem, cert: files.certPem, key: files.keyPem, maxCachedSessions: 0 };
    const agent = new Agent({ ...tls, keepAlive: true, maxSockets: 1 });
    agents.push(agent);
    return (method, path, token, body) =>
      new Promise((resolve, reject) => {
        const headers: Record<string, string> = {};
        if (token !== undefined) headers.authorization = `Bearer ${token}`;
        if (body !== undefined) headers['content-type'] = 'application/json';
        const request = httpsRequest(`${stack.url}${path}`, { agent, method, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => {
            const status = response.statusCode ?? 0;
            const isJson = response.headers['content-type']?.startsWith('application/json') === true;
            resolve({ status, text, reason: isJson ? JSON.parse(text).error?.reason : undefined });
          });
        });
        request.on('error', reject);
        request.end(body);
      });
  }

  /** A token with exactly these claims, signed with that key. */
  function forge(
    files: PeerFiles,
    change: Record<string, unknown>,
    header: object = { alg: 'ES256', typ: 'JWT' },
  ): string {
    const claims = JSON.parse(Buffer.from(tokenOf(files).split('.')[1] ?? '', 'base64url').toString());
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${encode(header)}.${encode({ ...claims, ...change })}`;
    const key = { key: createPrivateKey(files.keyPem), dsaEncoding: 'ieee-p1363' } as const;
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
  }

  async function refusedWith(got: Got, status: number, reason: string): Promise<void> {
    assert.equal(got.reason, reason);
    assert.equal(got.status, status);
    const records = await stack.audit({ reason });
    assert.ok(records.length > 0, `no audit record of ${reason}`);
    assert.equal(records[0]?.decision, 'refused');
    assert.doesNotMatch(got.text, /at .*\.ts|stack|eyJ/);
  }

  /**
   * The audit record of a refusal at the TLS layer is written when the server sees it, which is
   * after the client does.
   */
  async function recorded(reason: string): Promise<void> {
    const deadline = Date.now() + 5_000;
    while ((await stack.audit({ reason, action: 'connect' })).length === 0)
      assert.ok(Date.now() < deadline, `no record of ${reason}`);
  }

  describe('at the TLS layer, without an HTTP answer', () => {
    it('no certificate', async () => {
      await assert.rejects(wire({})('GET', '/health'));
      await recorded('client_certificate_missing');
    });

    it('a certificate of another CA', async () => {
      const other = createAuthority({ name: 'other', days: 2 });
      await assert.rejects(wire(stack.issue('tenant', 'dev-tenant', other))('GET', '/health'));
      await recorded('client_certificate_untrusted');
    });

    it('an expired certificate', async () => {
      mock.timers.enable({ apis: ['Date'], now: Date.now() - 10 * 86_400_000 });
      let leaf: PeerFiles;
      try {
        leaf = stack.issue('tenant', 'dev-tenant');
      } finally {
        mock.timers.reset();
      }
      await assert.rejects(wire(leaf)('GET', '/health'));
      await recorded('client_certificate_expired');
    });

    it('a certificate of ours made for another part', async () => {
      await assert.rejects(wire(stack.issue('scheduler', CELL_ID))('GET', '/health'));
      await recorded('client_certificate_unfit');
    });

    it('anything below TLS 1.3', async () => {
      const { hostname, port } = new URL(stack.url);
      const { certPem, keyPem } = stack.issue('tenant', 'dev-tenant');
      const socket = tlsConnect({
        host: hostname,
        port: Number(port),
        ca: stack.authority.certPem,
        cert: certPem,
        key: keyPem,
        maxVersion: 'TLSv1.2',
      });
      await once(socket, 'error');
      socket.destroy();
    });
  });

  describe('by the token', () => {
    let files: PeerFiles;
    before(async () => {
      ({ files } = await stack.tenant());
    });

    it('/health needs none; everything else does', async () => {
      const send = wire(files);
      assert.equal((await send('GET', '/health')).status, 200);
      assert.equal((await send('GET', '/api/v1/openapi.json')).status, 200);
      await refusedWith(await send('GET', '/api/v1/runs'), 401, 'token_missing');
      await refusedWith(await send('GET', '/api/v1/nothing-here'), 401, 'token_missing');
    });

    it('one that is none', async () => {
      const send = wire(files);
      for (const token of [
        'x',
        'a.b.c',
        'e30.e30',
        'e30.W10.AA',
        `${'a'.repeat(3_000)}.b.c`,
        forge(files, { exp: 'soon' }),
        forge(files, { jti: 7 }),
      ]) {
        await refusedWith(await send('GET', '/api/v1/runs', token), 401, 'token_malformed');
      }
    });

    it('one in another spelling, which node:http lets through', async () => {
      const send = wire(files);
      for (const [what, spelled] of tokenSpellings(tokenOf(files))) {
        // A header ends before its blanks, so this is the token itself.
        if (what === 'a blank at the end') continue;
        const got = await send('GET', '/api/v1/runs', spelled);
        assert.deepEqual([got.status, got.reason], [401, 'token_malformed'], what);
      }
    });

    it('alg none, and other algorithms', async () => {
      const [, claims] = tokenOf(files).split('.');
      const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
      await refusedWith(await wire(files)('GET', '/api/v1/runs', `${none}.${claims}.`), 401, 'token_algorithm_refused');
      await refusedWith(
        await wire(files)('GET', '/api/v1/runs', forge(files, {}, { alg: 'HS256' })),
        401,
        'token_algorithm_refused',
      );
    });

    it("one shown with another's certificate, whoever they are", async () => {
      const other = await stack.tenant('thief');
      const token = tokenOf(files);
      await refusedWith(await wire(other.files)('GET', '/api/v1/runs', token), 401, 'token_certificate_mismatch');
      const second = stack.issue('tenant', 'dev-tenant');
      await refusedWith(await wire(second)('GET', '/api/v1/runs', token), 401, 'token_certificate_mismatch');
    });

    it('one signed by another key, or changed', async () => {
      const other = stack.issue('tenant', 'dev-tenant');
      const bound = { x5tS256: certificateThumbprint(new X509Certificate(files.certPem).raw) };
      await refusedWith(
        await wire(files)('GET', '/api/v1/runs', tokenOf(other, bound)),
        401,
        'token_signature_invalid',
      );
      const [header, , signature] = tokenOf(files).split('.');
      const [, changed] = forge(files, { exp: Math.floor(Date.now() / 1000) + 299 }).split('.');
      await refusedWith(
        await wire(files)('GET', '/api/v1/runs', `${header}.${changed}.${signature}`),
        401,
        'token_signature_invalid',
      );
    });

    it('a registered certificate whose key is not the registered one', async () => {
      const other = stack.issue('tenant', 'dev-tenant');
      await refusedWith(await wire(other)('GET', '/api/v1/runs', tokenOf(other)), 401, 'token_signature_invalid');
    });

    it('one for another cell', async () => {
      await refusedWith(
        await wire(files)('GET', '/api/v1/runs', tokenOf(files, { audience: 'cell-b' })),
        401,
        'token_audience_mismatch',
      );
    });

    it('an expired one, and one that is not valid yet', async () => {
      const past = tokenOf(files, { now: Date.now() - 400_000 });
      await refusedWith(await wire(files)('GET', '/api/v1/runs', past), 401, 'token_expired');
      await refusedWith(
        await wire(files)('GET', '/api/v1/runs', tokenOf(files, { now: Date.now() + 60_000 })),
        401,
        'token_not_yet_valid',
      );
    });

    it('one that lives too long', async () => {
      await refusedWith(
        await wire(files)('GET', '/api/v1/runs', tokenOf(files, { seconds: 301 })),
        401,
        'token_lifetime_too_long',
      );
    });

    it('one that was used on another connection, before a restart too; on its own it serves again', async () => {
      const token = tokenOf(files);
      const send = wire(files);
      assert.equal((await send('GET', '/api/v1/runs', token)).status, 200);
      assert.equal((await send('GET', '/api/v1/runs', token)).status, 200);
      await refusedWith(await wire(files)('GET', '/api/v1/runs', token), 401, 'token_replayed');
      await stack.restart();
      await refusedWith(await wire(files)('GET', '/api/v1/runs', token), 401, 'token_replayed');
    });

    it('the same new token on two connections at once: one of them', async () => {
      const token = tokenOf(files);
      const answers = await Promise.all(
        [wire(files), wire(files), wire(files)].map((send) => send('GET', '/api/v1/runs', token)),
      );
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401]);
    });

    it('a tenant nobody registered', async () => {
      const stranger = stack.issue('tenant', 'stranger');
      await refusedWith(await wire(stranger)('GET', '/api/v1/runs', tokenOf(stranger)), 401, 'tenant_unknown');
    });

    it('a key that was rotated away, on a connection that used it', async () => {
      const { files: old } = await stack.tenant('rotator');
      const token = tokenOf(old);
      const send = wire(old);
      assert.equal((await send('GET', '/api/v1/runs', token)).status, 200);
      await stack.tenant('rotator');
      await refusedWith(await send('GET', '/api/v1/runs', token), 401, 'token_signature_invalid');
    });
  });

  describe('by role and ownership', () => {
    it("a tenant reading another tenant's run, by every way there is", async () => {
      const owner = await stack.tenant('owner');
      await owner.client.putModule(MODULE_SHA256, MODULE);
      const { run_id } = await owner.client.submit(submitOf('plain'), { waitMs: 5_000 });
      const { files } = await stack.tenant('reader');
      const send = wire(files);
      const token = tokenOf(files);
      for (const [method, rest, body] of [
        ['GET', ''],
        ['GET', '/events'],
        ['GET', '/artifacts'],
        ['GET', '/artifacts/response.json'],
        ['POST', '/cancel'],
        ['POST', '/capability', '{"rights":["read"]}'],
      ] as const) {
        await refusedWith(
          await send(method, `/api/v1/runs/${run_id}${rest}`, token, body),
          403,
          'run_of_another_tenant',
        );
      }
      const [record] = await stack.audit({ reason: 'run_of_another_tenant' });
      assert.equal(record?.actor, 'reader');
      assert.match(record?.peer ?? '', /^tenant\/reader 127\.0\.0\.1:\d+$/);
      assert.equal(record?.subject, run_id);
      await assert.rejects(
        (await stack.client(files)).submit(submitOf('plain'), {}),
        { code: 'module_unknown' },
        "another tenant's module",
      );
    });

    it('a tenant asking what only an admin may, and the other way round', async () => {
      const { client } = await stack.tenant('curious');
      const asked = [client.audit(), client.promote(), client.deleteTenant('owner'), client.getQuota('owner')];
      for (const answer of asked) await assert.rejects(answer, { code: 'role_required' });
      assert.equal((await client.tenants()).length, 1);
      assert.ok((await stack.admin.tenants()).length > 1);
      await assert.rejects(stack.admin.submit(submitOf('plain')), { code: 'role_required' });
    });
  });

  it('answers over HTTP/2 by the same rules', async () => {
    const { files } = await stack.tenant('h2');
    const session = h2connect(stack.url, { ca: stack.authority.certPem, cert: files.certPem, key: files.keyPem });
    const get = async (path: string, token?: string): Promise<[number | undefined, string]> => {
      const stream = session.request({
        ':path': path,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      });
      const [headers] = (await once(stream, 'response')) as [Record<string, number>];
      let text = '';
      for await (const chunk of stream.setEncoding('utf8')) text += chunk;
      return [headers[':status'], text];
    };
    try {
      assert.equal((await get('/api/v1/runs'))[0], 401);
      const token = tokenOf(files);
      const many = await Promise.all(Array.from({ length: 8 }, () => get('/api/v1/runs', token)));
      assert.deepEqual(
        many.map(([status]) => status),
        Array.from({ length: 8 }, () => 200),
      );
    } finally {
      session.destroy();
    }
  });

  describe('a request for which it is not clear what host it is for', () => {
    let files: PeerFiles;
    before(async () => {
      files = (await stack.tenant('hosts')).files;
    });

    /** Bytes as they are on a connection of their own; the status of the answer. */
    async function statusOf(...lines: string[]): Promise<number> {
      const port = Number(new URL(stack.url).port);
      const socket = tlsConnect({
        port,
        host: '127.0.0.1',
        ca: files.caPem,
        cert: files.certPem,
        key: files.keyPem,
      });
      socket.end(`GET /health HTTP/1.1\r\n${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`);
      let text = '';
      for await (const chunk of socket.setEncoding('utf8')) text += chunk;
      return Number(text.slice(9, 12));
    }

    it('is answered 400 over HTTP/1.1', async () => {
      const rows: Array<[what: string, hosts: string[], status: number]> = [
        ['a name', ['Host: localhost:1'], 200],
        ['a name in capitals, of a forwarded port', ['Host: LOCALHOST:8443'], 200],
        ['a name with a dot at its end', ['Host: localhost.'], 200],
        ['an IPv6 address', ['Host: [::1]:8443'], 200],
        ['none', [], 400],
        ['two', ['Host: a.example', 'Host: b.example'], 400],
        ['the same twice', ['Host: a.example', 'host: a.example'], 400],
        ['an empty one', ['Host:'], 400],
        ['blanks alone', ['Host:   '], 400],
        ['one with a user', ['Host: user@a.example'], 400],
        ['two in one line', ['Host: a.example, b.example'], 400],
        ['one with a path', ['Host: a.example/x'], 400],
        ['a port that is none', ['Host: a.example:65536'], 400],
        ['a port that is empty', ['Host: a.example:'], 400],
        ['an IPv6 address without brackets', ['Host: ::1'], 400],
        ['an IPv6 address that is none', ['Host: [::1::]'], 400],
        ['a name in brackets', ['Host: [localhost]'], 400],
      ];
      for (const [what, hosts, status] of rows) assert.equal(await statusOf(...hosts), status, what);
      assert.equal((await stack.audit({ reason: 'bad_request', action: 'health' })).length > 0, true);
    });

    it('is answered 400 over HTTP/2 where host and :authority differ', async () => {
      const session = h2connect(stack.url, { ca: files.caPem, cert: files.certPem, key: files.keyPem });
      const statusWith = async (headers: Record<string, string>): Promise<number> => {
        const stream = session.request({ ':path': '/health', ...headers });
        const [answer] = (await once(stream, 'response')) as [Record<string, number>];
        stream.resume();
        return answer[':status'] ?? 0;
      };
      try {
        const { host } = new URL(stack.url);
        assert.equal(await statusWith({}), 200);
        assert.equal(await statusWith({ ':authority': host, host }), 200);
        assert.equal(await statusWith({ ':authority': host, host: 'evil.example' }), 400);
        assert.equal(await statusWith({ ':authority': 'evil.example', host }), 400);
      } finally {
        session.destroy();
      }
    });
  });

  it('answers what it cannot understand in its own form', async () => {
    const { files } = await stack.tenant('odd');
    const send = wire(files);
    const rows: Array<[string, string, string | undefined, number, string]> = [
      ['GET', '/nothing', undefined, 404, 'not_found'],
      ['GET', '/api/v1/runs/%zz', undefined, 400, 'bad_request'],
      ['DELETE', '/api/v1/runs', undefined, 405, 'method_not_allowed'],
      ['GET', '/api/v1/runs?limit=0', undefined, 400, 'bad_request'],
      ['GET', '/api/v1/runs?limit=x', undefined, 400, 'bad_request'],
      ['GET', '/api/v1/runs?what=1', undefined, 400, 'bad_request'],
      ['GET', '/api/v1/runs/UPPER', undefined, 400, 'bad_request'],
      ['GET', `/api/v1/runs/${randomBytes(8).toString('hex')}`, undefined, 404, 'not_found'],
      ['GET', `/api/v1/runs/${'a'.repeat(300)}`, undefined, 400, 'bad_request'],
      ['POST', '/api/v1/runs', '{', 400, 'bad_request'],
      ['POST', '/api/v1/runs', '', 400, 'bad_request'],
      ['POST', '/api/v1/runs', '[]', 400, 'bad_request'],
      ['POST', '/api/v1/runs', JSON.stringify({ ...submitOf('plain'), fuel: '1' }), 400, 'bad_request'],
      ['POST', '/api/v1/runs', JSON.stringify({ ...submitOf('plain'), more: 1 }), 400, 'bad_request'],
      ['POST', '/api/v1/runs', JSON.stringify({ ...submitOf('plain'), input_b64: 'a-_=' }), 400, 'bad_request'],
      [
        'POST',
        '/api/v1/runs',
        JSON.stringify({ ...submitOf('plain'), start_unix_nanos: '9999999999999999999' }),
        400,
        'bad_request',
      ],
      ['POST', '/api/v1/runs', `{"__proto__": {}, ${JSON.stringify(submitOf('plain')).slice(1)}`, 400, 'bad_request'],
      ['PUT', `/api/v1/modules/${MODULE_SHA256}`, '{}', 400, 'bad_request'],
    ];
    for (const [method, path, body, status, reason] of rows) {
      // A body that cannot be read ends its connection, so every row has a token of its own.
      const got = await send(method, path, tokenOf(files), body);
      assert.deepEqual([got.status, got.reason], [status, reason], `${method} ${path} ${body}: ${got.text}`);
      assert.doesNotMatch(got.text, /node_modules|\.ts:|FST_/);
    }
  });
});
