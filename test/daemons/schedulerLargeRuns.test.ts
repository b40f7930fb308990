import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { hasOthers, noteStep } from '../../base/bulkTurns.ts';
import { parseExactJson } from '../../base/json/parseExactJson.ts';
import { LIMITS } from '../../base/limits.ts';
import type { PeerFiles } from '../../daemons/peers/peerFiles.ts';
import { tlsClientOptions } from '../../daemons/peers/peerTls.ts';
import { IN_ROW_BYTES } from '../../daemons/scheduler/store/runFiles.ts';
import { SUBMIT_FRAME_TYPE, SUBMIT_HEAD_BYTES, submitFrameHead } from '../../daemons/wire/submitFrame.ts';
import { type Harness, MODULE, MODULE_SHA256, startHarness, submitOf, tokenOf } from './schedulerHarness.ts';

/**
 * JSON with everything that could go wrong inside other JSON: line ends of every kind, names that
 * are not plain, text that escapes.
 */
const LARGE_JSON = `\n{ "list": [\r\n${'{"a\\n":"\u2028 \\"}, "},\r'.repeat(9_000)} null ],\n "__proto__": -1.50e3 }\n`;
const LARGE_BYTES = Buffer.alloc(3 * 1024 * 1024 + 1, 'not json ');

describe('scheduler: large inputs and outputs', () => {
  let stack: Harness;
  beforeEach(async () => {
    stack = await startHarness();
  });
  afterEach(() => stack.close());

  async function tenantWithModule() {
    const tenant = await stack.tenant();
    await tenant.client.putModule(MODULE_SHA256, MODULE);
    return tenant;
  }

  const filesOfRuns = () => readdirSync(join(stack.dir, 'runs')).sort();

  it('leave a time to whoever asks meanwhile: a request is a step of other work', async () => {
    const { client } = await tenantWithModule();
    noteStep(Number.NEGATIVE_INFINITY);
    await client.health();
    assert.ok(hasOthers());
  });

  for (const [what, bytes, output] of [
    ['JSON', Buffer.from(LARGE_JSON), parseExactJson(LARGE_JSON)],
    ['a JSON text', Buffer.from(JSON.stringify('x'.repeat(IN_ROW_BYTES))), 'x'.repeat(IN_ROW_BYTES)],
    ['no JSON', LARGE_BYTES, null],
    ['JSON that is nested too deep', Buffer.from('['.repeat(100_000) + ']'.repeat(100_000)), null],
    ['UTF-8 that is broken', Buffer.concat([Buffer.from('"'), Buffer.alloc(100_000, 0xff), Buffer.from('"')]), null],
  ] as const) {
    it(`are whole in every place: ${what}`, async () => {
      const { client } = await tenantWithModule();
      const job = submitOf('echo');
      const run = await client.submit({ ...job, input_b64: bytes.toString('base64') }, { waitMs: 20_000 });
      assert.equal(run.state, 'succeeded');
      assert.deepEqual(run.response?.output, output);
      assert.equal(run.response?.output_sha256, createHash('sha256').update(bytes).digest('hex'));
      assert.ok(bytes.equals(stack.cell.submits[0]?.input ?? Buffer.alloc(0)), 'what the cell got');

      assert.deepEqual(await client.getRun(run.run_id), run);
      for await (const event of client.events(run.run_id)) if (event.event === 'end') assert.deepEqual(event.data, run);
      const artifacts = new Map<string, Buffer>();
      for (const { name, size, sha256 } of await client.listArtifacts(run.run_id)) {
        const content = Buffer.from(await client.artifact(run.run_id, name));
        assert.equal(content.length, size, name);
        assert.equal(createHash('sha256').update(content).digest('hex'), sha256, name);
        artifacts.set(name, content);
      }
      assert.deepEqual(parseExactJson(String(artifacts.get('response.json'))), run.response);
      assert.equal(String(artifacts.get('output.b64')), bytes.toString('base64'));
      assert.ok(artifacts.get('input.bin')?.equals(bytes));
      assert.deepEqual(filesOfRuns(), [`${run.run_id}.input`, `${run.run_id}.output`]);
    });
  }

  it('come as bytes, are the same run for the same key, and are refused where they cannot be', async () => {
    const { client, files } = await tenantWithModule();
    const { input_b64: _, ...job } = submitOf('echo');
    for (const input of [LARGE_BYTES, Buffer.alloc(0), Buffer.from('short'), Buffer.alloc(LIMITS.input, 7)]) {
      const options = { idempotencyKey: `of ${input.length}`, waitMs: 20_000 };
      const run = await client.submit({ ...job, input }, options);
      assert.equal(run.state, 'succeeded');
      assert.equal(run.response?.output_sha256, createHash('sha256').update(input).digest('hex'));
      assert.ok(input.equals(await client.artifact(run.run_id, 'input.bin')));
      const again = await client.submit({ ...job, input_b64: input.toString('base64') }, options);
      assert.equal(again.run_id, run.run_id, 'whichever way the input comes');
    }
    await assert.rejects(client.submit({ ...job, input: Buffer.alloc(LIMITS.input + 1) }), { code: 'body_too_large' });
    const head = (length: number, json: string) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(length);
      return Buffer.concat([bytes, Buffer.from(json)]);
    };
    const whole = JSON.stringify({ ...job });
    for (const [body, status] of [
      [Buffer.alloc(0), 400],
      [Buffer.alloc(3), 400],
      [head(0xffffffff, whole), 400],
      [head(whole.length + 1, whole), 400],
      [head(whole.length, whole.replace('{', '[')), 400],
      [head(4, 'null'), 400],
      [head(2, '{}'), 400],
      [submitFrameHead({ ...job, input_b64: '' }), 400],
      [submitFrameHead({ ...job, more: 'x'.repeat(SUBMIT_HEAD_BYTES) }), 400],
      [submitFrameHead({ ...job, fuel: -1 }), 400],
    ] as const) {
      const answer = await post(stack.url, files, body, true, '/api/v1/runs', SUBMIT_FRAME_TYPE);
      assert.equal(answer.status, status, `${body.toString('latin1').slice(0, 80)}: ${answer.text}`);
      assert.equal(JSON.parse(answer.text).error.reason, 'bad_request');
    }
  });

  it('are told to who follows the run from its beginning', async () => {
    const { client } = await tenantWithModule();
    const input_b64 = Buffer.from(LARGE_JSON).toString('base64');
    const run = await client.submit({ ...submitOf('echo'), input_b64 });
    for await (const event of client.events(run.run_id)) {
      if (event.event === 'end') assert.deepEqual(event.data.response?.output, parseExactJson(LARGE_JSON));
    }
  });

  it('are there as soon as the run is told as ended', async () => {
    const { client } = await tenantWithModule();
    const input_b64 = Buffer.from(LARGE_JSON).toString('base64');
    const { run_id } = await client.submit({ ...submitOf('echo'), input_b64 });
    for (;;) {
      const run = await client.getRun(run_id);
      if (run.response === null) {
        assert.equal(run.ended_at, null);
        continue;
      }
      assert.deepEqual(run.response.output, parseExactJson(LARGE_JSON));
      assert.equal(String(await client.artifact(run_id, 'output.b64')), input_b64);
      break;
    }
  });

  it('outlive the scheduler, and its next start sweeps what belongs to no run', async () => {
    const { client, files } = await tenantWithModule();
    const input_b64 = LARGE_BYTES.toString('base64');
    const run = await client.submit({ ...submitOf('echo'), input_b64 }, { waitMs: 20_000 });
    for (const name of ['of-nobody.output', `${run.run_id}.input.part`])
      writeFileSync(join(stack.dir, 'runs', name), 'x');
    await stack.restart();
    assert.deepEqual(filesOfRuns(), [`${run.run_id}.input`, `${run.run_id}.output`]);
    const after = await stack.client(files);
    assert.ok(LARGE_BYTES.equals(await after.artifact(run.run_id, 'input.bin')));
  });

  it('run again after their cell was lost', async () => {
    const { client } = await tenantWithModule();
    const options = { idempotencyKey: 'k', waitMs: 20_000 };
    const job = { ...submitOf('hold'), input_b64: LARGE_BYTES.toString('base64') };
    const pending = client.submit(job, options);
    await stack.cell.arrived(1);
    stack.cell.drop(true);
    const lost = await pending;
    assert.equal(lost.response?.error?.code, 'worker_lost');
    const retried = client.submit(job, options);
    await stack.cell.arrived(2);
    assert.ok(LARGE_BYTES.equals(stack.cell.submits[1]?.input ?? Buffer.alloc(0)));
    stack.cell.release(lost.run_id);
    assert.equal((await retried).state, 'succeeded');
  });

  it('go with their run', async () => {
    const { client } = await tenantWithModule();
    const job = { ...submitOf('no-room'), input_b64: LARGE_BYTES.toString('base64') };
    await assert.rejects(client.submit(job, { waitMs: 20_000 }), { code: 'lease_denied: capacity' });
    const run = await client.submit({ ...job, tasklet: 'echo' }, { waitMs: 20_000 });
    while (filesOfRuns().length !== 2) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(existsSync(join(stack.dir, 'runs', `${run.run_id}.output`)));
    await stack.admin.deleteTenant('dev-tenant');
    assert.deepEqual(filesOfRuns(), []);
  });

  it('that cannot be stored are refused, and nothing of the run is left', async () => {
    const { client } = await tenantWithModule();
    const folder = join(stack.dir, 'runs');
    renameSync(folder, `${folder}.away`);
    const job = { ...submitOf('echo'), input_b64: LARGE_BYTES.toString('base64') };
    await assert.rejects(client.submit(job, { waitMs: 5_000 }), { code: 'storage_unavailable' });
    assert.deepEqual(await client.listRuns(), []);
    renameSync(`${folder}.away`, folder);
    assert.equal((await client.submit(job, { waitMs: 20_000 })).state, 'succeeded');
  });

  const filler = 'x'.repeat(2 * IN_ROW_BYTES);
  for (const [what, body, status, message] of [
    ['is no JSON', `{"input_b64":"${filler}`, 400, /not JSON/],
    ['has no input', JSON.stringify({ filler }), 400, /input_b64/],
    ['has an input that is no text', JSON.stringify({ input_b64: [filler] }), 400, /input_b64/],
    ['is a list', JSON.stringify([filler]), 400, /input_b64/],
    ['is a text', JSON.stringify(filler), 400, /input_b64/],
    ['is null and much white space', `null${' '.repeat(filler.length)}`, 400, /input_b64/],
    [
      'has an input that is no base64',
      JSON.stringify({ ...submitOf('echo'), input_b64: `${filler}!!!!` }),
      400,
      /base64/,
    ],
    ['is long elsewhere', JSON.stringify({ ...submitOf('echo'), program: filler }), 413, /Only body.input_b64/],
    ['is nested too deep elsewhere', `{"input_b64":"","a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 413, /Only/],
    ['does not fit its schema', JSON.stringify({ ...submitOf('echo'), fuel: -1, input_b64: filler }), 400, /fuel/],
    ['is larger than any', JSON.stringify({ input_b64: 'x'.repeat(23_000_000) }), 413, /at most/],
  ] as const) {
    it(`a long body that ${what} is refused with ${status}, and the next is taken`, async () => {
      const { client, files } = await tenantWithModule();
      for (const announced of [true, false]) {
        const answer = await post(stack.url, files, body, announced);
        assert.equal(answer.status, status, answer.text);
        assert.match(JSON.parse(answer.text).error.message, message);
      }
      const input_b64 = LARGE_BYTES.toString('base64');
      assert.equal((await client.submit({ ...submitOf('echo'), input_b64 }, { waitMs: 20_000 })).state, 'succeeded');
    });
  }

  it('a long body whose input is short runs', async () => {
    const { client, files } = await tenantWithModule();
    const body = `${JSON.stringify(submitOf('echo', { input: 'abc' }))}${' '.repeat(filler.length)}`;
    const answer = await post(stack.url, files, body, true);
    assert.equal(answer.status, 202, answer.text);
    const { run_id } = JSON.parse(answer.text);
    for await (const event of client.events(run_id)) if (event.event === 'end') break;
    assert.equal(String(await client.artifact(run_id, 'input.bin')), 'abc');
  });

  it('only a submit may be long', async () => {
    const { client, files } = await tenantWithModule();
    const answer = await post(stack.url, files, JSON.stringify({ filler }), true, '/api/v1/tenants');
    assert.ok([403, 413].includes(answer.status), answer.text);
    await assert.rejects(stack.admin.createTenant('long', filler), { code: 'body_too_large' });
    assert.equal((await client.submit(submitOf('plain'), { waitMs: 5_000 })).state, 'succeeded');
  });
});

/** Posts as our client never does: any text, and with or without its length. */
function post(
  url: string,
  files: PeerFiles,
  body: string | Buffer,
  announced: boolean,
  path = '/api/v1/runs',
  type = 'application/json',
) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const tls = tlsClientOptions(files, { roles: ['scheduler'] });
    const asked = request(`${url}${path}`, {
      ...tls,
      agent: false,
      method: 'POST',
      headers: {
        authorization: `Bearer ${tokenOf(files)}`,
        'content-type': type,
        ...(announced ? { 'content-length': Buffer.byteLength(body) } : { 'transfer-encoding': 'chunked' }),
      },
    });
    asked.on('error', reject);
    asked.on('response', (response) => {
      // What was refused before it was read is not read on.
      asked.on('error', () => {});
      response.setEncoding('utf8');
      let text = '';
      response.on('data', (piece) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    asked.end(body);
  });
}
