import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { LIMITS } from '../../base/limits.ts';
import { packageRoot } from '../../base/packageRoot.ts';
import { DOOR_LIMITS } from '../../daemons/doors/doorLimits.ts';
import { DASHBOARD_FILES } from '../../daemons/helper/dashboardFiles.ts';
import { helperRoutes } from '../../daemons/helper/routes.ts';
import { HELPER_REASONS } from '../../daemons/wire/helperApi.ts';
import type { RunSubmit } from '../../daemons/wire/tenantApi.ts';
import { type Answer, ask, eventsOf, helperWithStandIn, type TestHelper, WASM } from './helperSetup.ts';

/** The server learns of a closed connection an instant after its client. */
async function answersAgain(helper: TestHelper): Promise<void> {
  for (const late = AbortSignal.timeout(10_000); ; late.throwIfAborted()) {
    const status = await ask(helper, '/health').then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
  }
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('helper: who may ask', () => {
  let helper: TestHelper;
  const hosted = 'https://dashboard.example';
  const withBearer = () => ({ Authorization: `Bearer ${helper.bearer}` });

  before(async () => {
    helper = await helperWithStandIn({ allowedOrigins: [hosted] });
  });
  after(async () => await helper.dispose());

  interface Row {
    name: string;
    path?: string;
    method?: string;
    headers: () => Record<string, string>;
    body?: string | Buffer;
    status: number;
    reason?: string;
  }
  const rows: Row[] = [
    { name: 'its own address', headers: withBearer, status: 200 },
    { name: 'localhost', headers: () => ({ ...withBearer(), Host: `localhost:${helper.port}` }), status: 200 },
    {
      name: 'a rebound name',
      headers: () => ({ ...withBearer(), Host: `evil.example:${helper.port}` }),
      status: 421,
      reason: 'host_refused',
    },
    {
      name: 'a rebound name, without a bearer',
      path: '/',
      headers: () => ({ Host: 'evil.example' }),
      status: 421,
      reason: 'host_refused',
    },
    {
      name: 'another port in Host',
      headers: () => ({ ...withBearer(), Host: '127.0.0.1:1' }),
      status: 421,
      reason: 'host_refused',
    },
    {
      name: 'no port in Host',
      headers: () => ({ ...withBearer(), Host: '127.0.0.1' }),
      status: 421,
      reason: 'host_refused',
    },
    {
      name: 'a name that starts like ours',
      headers: () => ({ ...withBearer(), Host: `localhost.evil.example:${helper.port}` }),
      status: 421,
      reason: 'host_refused',
    },
    { name: 'its own origin', headers: () => ({ ...withBearer(), Origin: helper.url }), status: 200 },
    { name: 'an allowed origin', headers: () => ({ ...withBearer(), Origin: hosted }), status: 200 },
    {
      name: 'a foreign origin',
      headers: () => ({ ...withBearer(), Origin: 'https://evil.example' }),
      status: 403,
      reason: 'origin_refused',
    },
    {
      name: 'a foreign origin at the page',
      path: '/',
      headers: () => ({ Origin: 'https://evil.example' }),
      status: 403,
      reason: 'origin_refused',
    },
    {
      name: 'the origin null',
      headers: () => ({ ...withBearer(), Origin: 'null' }),
      status: 403,
      reason: 'origin_refused',
    },
    {
      name: 'an origin that starts like the allowed one',
      headers: () => ({ ...withBearer(), Origin: `${hosted}.evil.example` }),
      status: 403,
      reason: 'origin_refused',
    },
    {
      name: 'the allowed host over plain http',
      headers: () => ({ ...withBearer(), Origin: 'http://dashboard.example' }),
      status: 403,
      reason: 'origin_refused',
    },
    { name: 'no bearer', headers: () => ({}), status: 401, reason: 'bearer_missing' },
    {
      name: 'no bearer, unknown path',
      path: '/v1/nothing',
      headers: () => ({}),
      status: 401,
      reason: 'bearer_missing',
    },
    {
      name: 'another scheme',
      headers: () => ({ Authorization: `Basic ${helper.bearer}` }),
      status: 401,
      reason: 'bearer_missing',
    },
    { name: 'an empty bearer', headers: () => ({ Authorization: 'Bearer ' }), status: 401, reason: 'bearer_missing' },
    {
      name: 'two bearers',
      headers: () => ({ Authorization: `Bearer ${helper.bearer} ${helper.bearer}` }),
      status: 401,
      reason: 'bearer_missing',
    },
    {
      name: 'a wrong bearer',
      headers: () => ({ Authorization: `Bearer ${'A'.repeat(43)}` }),
      status: 401,
      reason: 'bearer_wrong',
    },
    {
      name: 'a bearer cut short',
      headers: () => ({ Authorization: `Bearer ${helper.bearer.slice(0, -1)}` }),
      status: 401,
      reason: 'bearer_wrong',
    },
    {
      name: 'a bearer in the query',
      path: '/v1/program?bearer=x',
      headers: withBearer,
      status: 400,
      reason: 'bearer_in_url',
    },
    {
      name: 'a token in the query of the page',
      path: '/?access_token=x',
      headers: () => ({}),
      status: 400,
      reason: 'bearer_in_url',
    },
    {
      name: 'the page with POST',
      path: '/',
      method: 'POST',
      headers: () => ({}),
      status: 405,
      reason: 'method_not_allowed',
    },
    {
      name: 'DELETE of a run',
      path: '/v1/runs/run-1',
      method: 'DELETE',
      headers: withBearer,
      status: 405,
      reason: 'method_not_allowed',
    },
    {
      name: 'OPTIONS without an origin',
      method: 'OPTIONS',
      headers: withBearer,
      status: 405,
      reason: 'method_not_allowed',
    },
    { name: 'an unknown path', path: '/nothing', headers: withBearer, status: 404, reason: 'not_found' },
    { name: 'a path that climbs', path: '/../package.json', headers: withBearer, status: 404, reason: 'not_found' },
    {
      name: 'a path that climbs in code',
      path: '/%2e%2e/package.json',
      headers: withBearer,
      status: 404,
      reason: 'not_found',
    },
    {
      name: 'a whole URL as the path',
      path: 'http://evil.example/v1/program',
      headers: withBearer,
      status: 404,
      reason: 'not_found',
    },
    {
      name: 'a path with a broken escape',
      path: '/v1/runs/%zz',
      headers: withBearer,
      status: 404,
      reason: 'not_found',
    },
    {
      name: 'a body of another type',
      path: '/v1/runs',
      method: 'POST',
      headers: () => ({ ...withBearer(), 'Content-Type': 'text/plain' }),
      body: '{}',
      status: 415,
      reason: 'content_type_refused',
    },
    {
      name: 'a body that is no JSON',
      path: '/v1/runs',
      method: 'POST',
      headers: () => ({ ...withBearer(), ...JSON_TYPE }),
      body: '{',
      status: 400,
      reason: 'bad_request',
    },
    {
      name: 'a body that is no object',
      path: '/v1/runs',
      method: 'POST',
      headers: () => ({ ...withBearer(), ...JSON_TYPE }),
      body: '[]',
      status: 400,
      reason: 'bad_request',
    },
    {
      name: 'a field that is not there',
      path: '/v1/runs',
      method: 'POST',
      headers: () => ({ ...withBearer(), ...JSON_TYPE }),
      body: '{"tasklet":"local-dev","fuel":1}',
      status: 400,
      reason: 'bad_request',
    },
    {
      name: 'an oversized body',
      path: '/v1/runs',
      method: 'POST',
      headers: () => ({ ...withBearer(), ...JSON_TYPE }),
      body: Buffer.alloc(24 * 1024 * 1024, 32),
      status: 413,
      reason: 'body_too_large',
    },
    {
      name: 'an oversized body in chunks',
      path: '/v1/runs',
      method: 'POST',
      headers: () => ({ ...withBearer(), ...JSON_TYPE, 'Transfer-Encoding': 'chunked' }),
      body: Buffer.alloc(24 * 1024 * 1024, 32),
      status: 413,
      reason: 'body_too_large',
    },
    {
      name: 'an oversized body without a bearer',
      path: '/v1/runs',
      method: 'POST',
      headers: () => ({ ...JSON_TYPE }),
      body: Buffer.alloc(24 * 1024 * 1024, 32),
      status: 401,
      reason: 'bearer_missing',
    },
    {
      name: 'an oversized input',
      path: '/v1/runs',
      method: 'POST',
      headers: () => ({ ...withBearer(), ...JSON_TYPE }),
      body: JSON.stringify({ tasklet: 'local-dev', input: { text: 'a'.repeat(LIMITS.input + 1) } }),
      status: 413,
      reason: 'body_too_large',
    },
    {
      name: 'an input that is no base64',
      path: '/v1/runs',
      method: 'POST',
      headers: () => ({ ...withBearer(), ...JSON_TYPE }),
      body: '{"tasklet":"local-dev","input":{"base64":"a*=="}}',
      status: 400,
      reason: 'bad_request',
    },
    {
      name: 'a negative mem',
      path: '/v1/runs',
      method: 'POST',
      headers: () => ({ ...withBearer(), ...JSON_TYPE }),
      body: '{"tasklet":"local-dev","mem":-1}',
      status: 400,
      reason: 'bad_request',
    },
    {
      name: 'an unknown tasklet',
      path: '/v1/runs',
      method: 'POST',
      headers: () => ({ ...withBearer(), ...JSON_TYPE }),
      body: '{"tasklet":"nobody"}',
      status: 404,
      reason: 'tasklet_unknown',
    },
    {
      name: 'a tasklet that is not built',
      path: '/v1/runs',
      method: 'POST',
      headers: () => ({ ...withBearer(), ...JSON_TYPE }),
      body: '{"tasklet":"not-built"}',
      status: 409,
      reason: 'tasklet_not_built',
    },
    { name: 'a run that is not there', path: '/v1/runs/run-1', headers: withBearer, status: 404, reason: 'not_found' },
    {
      name: 'a run id that climbs',
      path: '/v1/runs/..%2f..%2fadmin',
      headers: withBearer,
      status: 404,
      reason: 'not_found',
    },
    {
      name: 'an artifact that climbs',
      path: '/v1/runs/run-1/artifacts/..%2f..%2f..%2fetc%2fpasswd',
      headers: withBearer,
      status: 404,
      reason: 'not_found',
    },
    {
      name: 'an artifact of no known name',
      path: '/v1/runs/run-1/artifacts/cell.db',
      headers: withBearer,
      status: 404,
      reason: 'not_found',
    },
    { name: 'a limit that is none', path: '/v1/runs?limit=0', headers: withBearer, status: 400, reason: 'bad_request' },
    {
      name: 'an idempotency key that is none',
      path: '/v1/runs',
      method: 'POST',
      headers: () => ({ ...withBearer(), ...JSON_TYPE, 'Idempotency-Key': 'a b' }),
      body: '{"tasklet":"local-dev"}',
      status: 400,
      reason: 'bad_request',
    },
  ];
  for (const { name, path = '/v1/program', method = 'GET', headers, body, status, reason } of rows) {
    it(`${status} ${reason ?? ''} for ${name}`, async () => {
      const answer = await ask(helper, path, { method, headers: headers(), ...(body === undefined ? {} : { body }) });
      assert.equal(answer.status, status, answer.body.toString());
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/);
      assert.notEqual(answer.headers['access-control-allow-origin'], '*');
      assert.equal(answer.headers['access-control-allow-credentials'], undefined);
      if (reason === undefined) return;
      assert.equal(answer.json.error.reason, reason);
      assert.ok(answer.json.error.message.length > 10);
      assert.doesNotMatch(answer.body.toString(), /\n\s+at |node:internal/);
    });
  }

  const preflight = async (origin: string): Promise<Answer> =>
    await ask(helper, '/v1/runs', {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type',
        'Access-Control-Request-Private-Network': 'true',
      },
    });

  it('answers the preflight of an allowed origin, private network included', async () => {
    const { status, headers } = await preflight(hosted);
    assert.equal(status, 204);
    assert.equal(headers['access-control-allow-origin'], hosted);
    assert.equal(headers['access-control-allow-private-network'], 'true');
    assert.equal(headers['access-control-allow-methods'], 'GET, POST');
    assert.match(headers['access-control-allow-headers'] ?? '', /authorization/);
    assert.match(headers.vary ?? '', /Origin/);
  });

  it('grants nothing to the preflight of a foreign origin', async () => {
    const { status, headers } = await preflight('https://evil.example');
    assert.equal(status, 403);
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('access-control-')),
      [],
    );
  });

  it('says in plain words what to do about an old bearer', async () => {
    const { json, headers } = await ask(helper, '/v1/program', {
      headers: { Authorization: `Bearer ${'B'.repeat(43)}` },
    });
    assert.match(`${json.error.message} ${json.error.next}`, /another `grafos dev up`.*`grafos dev status --bearer`/);
    assert.match(headers['www-authenticate'] ?? '', /^Bearer /);
  });

  it('tells of its health without a bearer, and nothing else', async () => {
    const { status, json } = await ask(helper, '/health');
    assert.equal(status, 200);
    assert.deepEqual(json, { status: 'ok' });
  });

  it('serves the page under a policy without inline script, inline style or foreign origin', async () => {
    const { status, headers, body } = await ask(helper, '/');
    assert.equal(status, 200);
    const policy = String(headers['content-security-policy']);
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
    ]) {
      assert.ok(policy.includes(part), part);
    }
    assert.doesNotMatch(policy, /unsafe|https?:|\*|data:/);
    assert.doesNotMatch(body.toString(), /<style|style="|<script(?![^>]* src=)|\son\w+=/);
    for (const [, file] of body.toString().matchAll(/(?:src|href)="([^"#]+)"/g)) {
      assert.equal((await ask(helper, `/${file?.replace('./', '')}`)).status, 200, file);
    }
  });

  it('never lets the bearer out: not into the log, and its file is readable by the owner alone', async () => {
    await ask(helper, '/v1/program', { headers: withBearer() });
    assert.match(helper.bearer, /^[A-Za-z0-9_-]{43}$/);
    assert.equal((await stat(helper.bearerFile)).mode & 0o777, 0o600);
    assert.doesNotMatch(helper.logged.join('\n'), new RegExp(helper.bearer));
  });

  it('is documented: every route and every reason stands in docs/reference/helper.md', async () => {
    const page = await readFile(join(packageRoot, 'docs', 'reference', 'helper.md'), 'utf8');
    const nothing = undefined as never;
    const routes = helperRoutes({
      cellId: '',
      scheduler: nothing,
      tasklets: nothing,
      feed: nothing,
      streams: new Set(),
      rules: () => nothing,
    });
    const rows = [...page.matchAll(/^\| `((?:GET|POST) [^`]+)` \| (yes)? ?\|/gm)].map(([, route, bearer]) => [
      route,
      bearer === undefined,
    ]);
    const files = Object.keys(DASHBOARD_FILES).filter((path) => path !== '/');
    assert.deepEqual(
      rows.sort(),
      routes
        .filter(({ path }) => !files.includes(path))
        .map(({ method, path, open }) => [`${method} ${path}`, open])
        .sort(),
    );
    const reasons = [...page.matchAll(/^\| \d{3} \| `(\w+)`/gm)].map(([, reason]) => reason);
    assert.deepEqual(reasons.sort(), [...HELPER_REASONS].sort());
  });

  it('serves whoever comes while silent connections wait, of which the oldest go', async () => {
    const known = new Agent({ keepAlive: true, maxSockets: 1 });
    const program = () =>
      new Promise<{ status: number; port: number | undefined }>((resolve, reject) => {
        const request = httpRequest(
          { port: helper.port, host: '127.0.0.1', path: '/v1/program', agent: known, headers: withBearer() },
          (response) => {
            const port = response.socket.localPort;
            response.resume().on('end', () => resolve({ status: response.statusCode ?? 0, port }));
          },
        );
        request.on('error', reject).end();
      });
    const first = await program();
    let ended = 0;
    const sockets = await Promise.all(
      Array.from({ length: 2 * DOOR_LIMITS.helperUnproven }, async () => {
        const socket = connect(helper.port, '127.0.0.1');
        socket.on('error', () => {});
        socket.on('close', () => {
          ended++;
        });
        await once(socket, 'connect');
        return socket;
      }),
    );
    try {
      assert.equal((await ask(helper, '/health')).status, 200);
      assert.deepEqual(await program(), first, 'another connection than the one that had shown the bearer');
      for (const late = AbortSignal.timeout(10_000); ended < DOOR_LIMITS.helperUnproven; late.throwIfAborted())
        await once(sockets[ended] as Socket, 'close', { signal: late }).catch(() => {});
    } finally {
      known.destroy();
      for (const socket of sockets) socket.destroy();
    }
    await answersAgain(helper);
  });

  it('does not log the same refusal over and over', async () => {
    for (let i = 0; i < 20; i++) await ask(helper, '/v1/program', { headers: { Origin: 'https://evil.example' } });
    assert.ok(helper.logged.filter((line) => line === 'refused: origin_refused').length <= 2);
  });

  it('refuses a Host that is missing, doubled or another, and ends a connection that never finishes its headers', async () => {
    const raw = async (text: string): Promise<string> =>
      await new Promise((resolve) => {
        const socket = connect(helper.port, '127.0.0.1', () => socket.write(text));
        let got = '';
        socket.on('data', (chunk) => {
          got += chunk;
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve(got));
      });
    const own = `Host: 127.0.0.1:${helper.port}`;
    const rows: Array<[what: string, hosts: string[], status: number]> = [
      ['its own', [own], 200],
      ['none', [], 400],
      ['its own and a foreign one', [own, 'Host: evil.example'], 400],
      ['its own twice', [own, own.toLowerCase()], 400],
      ['an empty one', ['Host:'], 400],
      ['one with a user', [`Host: user@127.0.0.1:${helper.port}`], 400],
      ['one with a path', [`Host: 127.0.0.1:${helper.port}/`], 400],
      ['two in one line', [`Host: 127.0.0.1:${helper.port}, evil.example`], 400],
      ['a dot at its end', [`Host: localhost.:${helper.port}`], 421],
      ['capitals', [`Host: LOCALHOST:${helper.port}`], 421],
      ['an IPv6 address', [`Host: [::1]:${helper.port}`], 421],
      ['an IPv6 address without brackets', [`Host: ::1:${helper.port}`], 400],
    ];
    const answers = await Promise.all(
      rows.map(([, hosts]) => raw(`GET /health HTTP/1.1\r\n${[...hosts, 'Connection: close'].join('\r\n')}\r\n\r\n`)),
    );
    rows.forEach(([what, , status], index) => {
      assert.equal(answers[index]?.slice(0, 12), `HTTP/1.1 ${status}`, what);
    });
    assert.doesNotMatch(await raw(`GET / HTTP/1.1\r\n${own}\r\nX-Slow: `), /200 OK/);
  }).timeout(30_000);
});

describe('helper: runs, with an in-process stand-in for the scheduler', () => {
  let helper: TestHelper;
  const get = async (path: string) =>
    await ask(helper, path, { headers: { Authorization: `Bearer ${helper.bearer}` } });
  const post = async (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
    await ask(helper, path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${helper.bearer}`, ...JSON_TYPE, ...headers },
      body: JSON.stringify(body),
    });

  /** A request of the CLI to the scheduler itself, past the helper. */
  const submitted = (tasklet: string): RunSubmit => ({
    program: 'demo',
    tasklet,
    version: '0.1.0',
    module_sha256: '0'.repeat(64),
    input_b64: '',
    mem_bytes: 0,
    fuel: 1,
    linear_memory_bytes: 65_536,
    timeout_ms: 1_000,
  });
  /** A listener of the helper's events, gone at the end of the block. */
  const listen = async () => {
    const ended = new AbortController();
    const events = eventsOf(helper, '/v1/events', ended.signal);
    return {
      // biome-ignore lint/suspicious/noExplicitAny: events of every shape
      async until(wanted: string): Promise<any> {
        for (;;) {
          const { value, done } = await events.next();
          if (done) throw new Error('the stream ended');
          if (value.event === wanted) return value.data;
        }
      },
      async [Symbol.asyncDispose]() {
        ended.abort();
        await events.return(undefined).catch(() => {});
      },
    };
  };

  beforeEach(async () => {
    helper = await helperWithStandIn();
  });
  afterEach(async () => await helper.dispose());

  it('lists the tasklets with what is built of them', async () => {
    const { json } = await get('/v1/tasklets');
    assert.deepEqual(json.program, { name: 'demo', version: '0.1.0', root: helper.dir });
    const [built, stale, missing] = json.tasklets;
    assert.equal(built.built.sha256, createHash('sha256').update(WASM).digest('hex'));
    assert.equal(built.built.size, WASM.length);
    assert.equal(built.built.stale, false);
    assert.equal(built.mem_bytes, 32_768);
    assert.equal(stale.built.stale, true);
    assert.equal(missing.built, null);
  });

  it('says what is wrong with a broken manifest', async () => {
    await writeFile(join(helper.dir, 'grafos.toml'), '[program\n');
    const { status, json } = await get('/v1/tasklets');
    assert.equal(status, 409);
    assert.equal(json.error.reason, 'manifest_invalid');
    assert.match(json.error.message, /grafos\.toml:1:/);
  });

  it('uploads the module once and submits with the limits of the manifest', async () => {
    const first = await post('/v1/runs', { tasklet: 'local-dev', input: { text: 'grüße' } });
    assert.equal(first.status, 202, first.body.toString());
    assert.equal(first.json.state, 'admitted');
    await post('/v1/runs', { tasklet: 'local-dev', input: { base64: '/wD+' }, mem: '64KiB' });
    await post('/v1/runs', { tasklet: 'local-dev', mem: 0 });
    assert.deepEqual(
      [...helper.scheduler.modules.values()].map((bytes) => Buffer.from(bytes)),
      [WASM],
    );
    const [text, bytes, nothing] = helper.scheduler.submits;
    assert.equal(Buffer.from(text?.input_b64 ?? '', 'base64').toString(), 'grüße');
    assert.deepEqual(
      { ...text, input_b64: '' },
      {
        program: 'demo',
        tasklet: 'local-dev',
        version: '0.1.0',
        module_sha256: createHash('sha256').update(WASM).digest('hex'),
        input_b64: '',
        mem_bytes: 32_768,
        fuel: 500_000,
        linear_memory_bytes: 33_554_432,
        timeout_ms: 30_000,
      },
    );
    assert.equal(bytes?.input_b64, '/wD+');
    assert.equal(bytes?.mem_bytes, 65_536);
    assert.equal(nothing?.input_b64, '');
    assert.equal(nothing?.mem_bytes, 0);
  });

  it('passes a refusal of the scheduler on with its own reason', async () => {
    const { status, json } = await post('/v1/runs', { tasklet: 'local-dev', mem: '1MiB' });
    assert.equal(status, 503);
    assert.equal(json.error.reason, 'lease_denied: capacity');
  });

  it('says when the scheduler is gone', async () => {
    helper.scheduler.down = true;
    const { status, json } = await post('/v1/runs', { tasklet: 'local-dev' });
    assert.equal(status, 503);
    assert.equal(json.error.reason, 'scheduler_unreachable');
    assert.match(json.error.next, /grafos dev/);
  });

  it('gives runs, a run and its artifacts as downloads', async () => {
    const { run_id } = (await post('/v1/runs', { tasklet: 'local-dev', input: { text: 'abc' } })).json;
    helper.scheduler.end(run_id, { output: '{"ran_in":"local-dev"}' });
    const { runs } = (await get('/v1/runs?limit=1')).json;
    assert.equal(runs[0].run_id, run_id);
    assert.equal(runs[0].output_bytes, 22);
    assert.equal('output' in runs[0] || 'response' in runs[0], false);
    assert.deepEqual((await get(`/v1/runs/${run_id}`)).json.response.output, { ran_in: 'local-dev' });
    const { artifacts } = (await get(`/v1/runs/${run_id}/artifacts`)).json;
    assert.ok(artifacts.some(({ name }: { name: string }) => name === 'output.b64'));
    const download = await get(`/v1/runs/${run_id}/artifacts/input.bin`);
    assert.equal(download.body.toString(), 'abc');
    assert.equal(download.headers['content-disposition'], `attachment; filename="${run_id}-input.bin"`);
    assert.equal(download.headers['content-type'], 'application/octet-stream');
  });

  it('cancels', async () => {
    const { run_id } = (await post('/v1/runs', { tasklet: 'local-dev' })).json;
    const { status, json } = await post(`/v1/runs/${run_id}/cancel`);
    assert.equal(status, 202);
    assert.equal(json.state, 'cancelled');
  });

  it('pushes a snapshot, then every run to its end and every change of the program, and says goodbye', async () => {
    const ended = new AbortController();
    const events = eventsOf(helper, '/v1/events', ended.signal);
    // biome-ignore lint/suspicious/noExplicitAny: events of every shape
    const until = async (wanted: (event: string, data: any) => boolean): Promise<any> => {
      for (;;) {
        const { value, done } = await events.next();
        if (done) throw new Error('the stream ended');
        if (wanted(value.event, value.data)) return value.data;
      }
    };
    const seen = new Set<string>();
    await until((event) => seen.add(event) && seen.has('tasklets') && seen.has('runs'));

    helper.scheduler.onSubmit = (id) => {
      helper.scheduler.running(id);
      helper.scheduler.end(id, { error: { code: 'fuel_exhausted', message: 'No fuel is left.' } });
    };
    const { run_id } = (await post('/v1/runs', { tasklet: 'local-dev' })).json;
    const run = await until((event, data) => event === 'run' && data.ended_at !== null);
    assert.equal(run.run_id, run_id);
    assert.equal(run.error.code, 'fuel_exhausted');

    await writeFile(join(helper.dir, 'build', 'not-built.wasm'), WASM);
    const { tasklets } = await until((event, data) => event === 'tasklets' && data.tasklets[2]?.built !== null);
    assert.equal(tasklets[2].built.stale, false);
    await writeFile(join(helper.dir, 'grafos.toml'), '[program\n');
    const broken = await until((event, data) => event === 'tasklets' && data.problem !== null);
    assert.equal(broken.problem.reason, 'manifest_invalid');

    helper.scheduler.down = true;
    await Promise.all([helper.stop(), until((event) => event === 'stopping')]);
    assert.equal((await events.next()).done, true);
  });

  it('pushes the runs that somebody else starts, and takes back what the cell would not have', async () => {
    await using feed = await listen();
    assert.deepEqual(await feed.until('runs'), { runs: [] });
    const { run_id } = await helper.scheduler.submit(submitted('by-cli'));
    assert.equal((await feed.until('run')).tasklet, 'by-cli');
    helper.scheduler.running(run_id);
    assert.equal((await feed.until('run')).state, 'running');
    helper.scheduler.end(run_id, { output: '{"big":1}' });
    const ended = await feed.until('run');
    assert.deepEqual([ended.run_id, ended.state, ended.output_bytes], [run_id, 'succeeded', 9]);
    assert.equal('response' in ended, false);

    const { run_id: refused } = await helper.scheduler.submit(submitted('no-room'));
    helper.scheduler.refuse(refused);
    assert.deepEqual(await feed.until('gone'), { run_id: refused });
    await using late = await listen();
    const { runs } = await late.until('runs');
    assert.deepEqual(
      runs.map((run: { run_id: string }) => run.run_id),
      [run_id],
    );
  });

  it('listens to the scheduler once while anybody listens to it, and not at all otherwise', async () => {
    assert.equal(helper.scheduler.streams, 0);
    await get('/v1/runs');
    await post('/v1/runs', { tasklet: 'local-dev' });
    assert.equal(helper.scheduler.streams, 0);
    {
      await using one = await listen();
      await one.until('runs');
      await using two = await listen();
      await two.until('runs');
      assert.equal(helper.scheduler.streams, 1);
    }
    for (const late = AbortSignal.timeout(10_000); helper.scheduler.streams > 0; late.throwIfAborted()) {
      await ask(helper, '/health');
    }
    await using again = await listen();
    assert.equal((await again.until('runs')).runs.length, 1);
    assert.equal(helper.scheduler.streams, 1);
  });

  it('listens again after the scheduler was away, and tells what it missed', async () => {
    await using feed = await listen();
    await feed.until('runs');
    const { run_id } = await helper.scheduler.submit(submitted('by-cli'));
    await feed.until('run');
    helper.scheduler.down = true;
    helper.scheduler.dropStreams();
    const away = await feed.until('scheduler');
    assert.equal(away.state, 'unreachable');
    // Who comes meanwhile sees what was last known, and why it is not more.
    await using late = await listen();
    assert.equal((await late.until('runs')).runs[0].state, 'admitted');
    assert.equal((await late.until('scheduler')).state, 'unreachable');
    helper.scheduler.down = false;
    helper.scheduler.end(run_id, {});
    for (const each of [feed, late]) {
      assert.equal((await each.until('runs')).runs[0].state, 'succeeded');
      assert.deepEqual(await each.until('scheduler'), { state: 'ok', message: null });
    }
    await helper.scheduler.submit(submitted('afterwards'));
    assert.equal((await feed.until('run')).tasklet, 'afterwards');
  });

  it('follows a build folder that is removed and made again', async () => {
    const ended = new AbortController();
    const events = eventsOf(helper, '/v1/events', ended.signal);
    const until = async (built: boolean): Promise<void> => {
      for (;;) {
        const { value } = await events.next();
        if (value?.event === 'tasklets' && (value.data.tasklets[0]?.built !== null) === built) return;
      }
    };
    await until(true);
    await rm(join(helper.dir, 'build'), { recursive: true });
    await until(false);
    const { mkdir } = await import('node:fs/promises');
    await mkdir(join(helper.dir, 'build'));
    await writeFile(join(helper.dir, 'build', 'local-dev.wasm'), WASM);
    await until(true);
    ended.abort();
  });

  it('relays the events of one run', async () => {
    const { run_id } = (await post('/v1/runs', { tasklet: 'local-dev' })).json;
    helper.scheduler.logLine(run_id, 'hello\n');
    const seen: string[] = [];
    for await (const { event, data } of eventsOf(helper, `/v1/runs/${run_id}/events`, new AbortController().signal)) {
      seen.push(event);
      if (event === 'log') {
        assert.equal(data.text, 'hello\n');
        helper.scheduler.end(run_id, { output: 'x' });
      }
    }
    assert.deepEqual(seen, ['log', 'end']);
  });

  it('serves a bounded number of streams', async () => {
    const ended = new AbortController();
    const open = [];
    for (let i = 0; i < 32; i++) {
      const events = eventsOf(helper, '/v1/events', ended.signal);
      await events.next();
      open.push(events);
    }
    const refused = await get('/v1/events');
    assert.equal(refused.status, 503);
    assert.equal(refused.json.error.reason, 'too_many_streams');
    ended.abort();
  });

  it('takes its bearer file away when it stops, but not that of a newer helper', async () => {
    const written = await readFile(helper.bearerFile, 'utf8');
    assert.equal(written.trim(), helper.bearer);
    await helper.restart();
    assert.notEqual(helper.bearer, written.trim());
    await writeFile(helper.bearerFile, 'of another helper\n');
    await helper.stop();
    assert.equal(await readFile(helper.bearerFile, 'utf8'), 'of another helper\n');
  });

  it('removes its bearer file when it stops', async () => {
    await helper.stop();
    await assert.rejects(stat(helper.bearerFile), { code: 'ENOENT' });
  });
});
