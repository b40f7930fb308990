import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getWithBearer, helperWithStandIn, postWithBearer, type TestHelper, WASM } from './helperSetup.ts';

describe('helper: runs, with an in-process stand-in for the scheduler', () => {
  let helper: TestHelper;
  const get = async (path: string) => await getWithBearer(helper, path);
  const post = async (path: string, body: unknown = {}) => await postWithBearer(helper, path, body);

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
