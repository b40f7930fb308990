import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { LIMITS } from '../../base/limits.ts';
import { type Answer, ask, helperWithStandIn, JSON_TYPE, type TestHelper } from './helperSetup.ts';

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

  it('does not log the same refusal over and over', async () => {
    for (let i = 0; i < 20; i++) await ask(helper, '/v1/program', { headers: { Origin: 'https://evil.example' } });
    assert.ok(helper.logged.filter((line) => line === 'refused: origin_refused').length <= 2);
  });
});
