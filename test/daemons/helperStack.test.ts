import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Browser } from 'playwright-core';
import type { HelperRun } from '../../daemons/wire/helperApi.ts';
import { complaintsOf, launchChromium } from '../helpers/chromium.ts';
import { ask, eventsOf } from './helperSetup.ts';
import { type LocalStack, startLocalStack } from './localStack.ts';

describe('helper on a real stack', () => {
  let stack: LocalStack;
  before(async () => {
    stack = await startLocalStack(['hello', 'endless', 'unreachable']);
  });
  after(async () => await stack?.[Symbol.asyncDispose]());

  const get = async (path: string) => await ask(stack, path, { headers: { Authorization: `Bearer ${stack.bearer}` } });
  const post = async (path: string, body: unknown) =>
    await ask(stack, path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${stack.bearer}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('runs a tasklet and gives its output and artifacts', async () => {
    const { status, json: run } = await post('/v1/runs', { tasklet: 'hello', input: { text: 'hi' }, mem: '4KiB' });
    assert.equal(status, 202, JSON.stringify(run));
    assert.equal(run.state, 'succeeded', JSON.stringify(run));
    const module = await stack.moduleOf('hello');
    assert.equal(run.module_sha256, createHash('sha256').update(module).digest('hex'));
    assert.ok(run.fuel_used > 0);
    assert.equal(
      Buffer.from((await get(`/v1/runs/${run.run_id}/artifacts/output.b64`)).body.toString(), 'base64').toString(),
      '{}',
    );
    assert.equal((await get(`/v1/runs/${run.run_id}/artifacts/input.bin`)).body.toString(), 'hi');
    assert.deepEqual((await get(`/v1/runs/${run.run_id}`)).json.response.output, {});
    const { artifacts } = (await get(`/v1/runs/${run.run_id}/artifacts`)).json;
    assert.equal(artifacts.length, 5);
    // The tenant sees it as every other run of its own.
    assert.equal((await stack.tenant.getRun(run.run_id)).state, 'succeeded');
  });

  it('gives a failed run with its typed error, and the same fuel every time', async () => {
    const runs = [await post('/v1/runs', { tasklet: 'endless' }), await post('/v1/runs', { tasklet: 'endless' })];
    for (const { json } of runs) {
      assert.equal(json.state, 'failed');
      assert.equal(json.error.code, 'fuel_exhausted');
    }
    assert.equal(runs[0]?.json.fuel_used, runs[1]?.json.fuel_used);
  });

  it('passes on why the scheduler does not take a run', async () => {
    const { status, json } = await post('/v1/runs', { tasklet: 'hello', mem: '1GiB' });
    assert.ok(status === 429 || status === 503, JSON.stringify(json));
    assert.match(json.error.reason, /^lease_denied/);
  });

  it('pushes runs to their end', async () => {
    const listening = new AbortController();
    const events = eventsOf(stack, '/v1/events', listening.signal);
    let started: HelperRun | undefined;
    for await (const { event, data } of events) {
      if (event === 'runs') started = (await post('/v1/runs', { tasklet: 'unreachable' })).json;
      if (event !== 'run' || data.ended_at === null) continue;
      assert.equal(data.error.code, 'trap_unreachable');
      break;
    }
    listening.abort();
    assert.equal(started?.tasklet, 'unreachable');
  });

  describe('dashboard in Chromium', () => {
    let browser: Browser | undefined;
    before(async function () {
      browser = await launchChromium();
      if (browser === undefined) this.skip();
    });
    after(async () => await browser?.close());

    it('given URL and bearer once, runs a tasklet, shows the result, and is told when the stack stops', async () => {
      assert.ok(browser);
      const page = await browser.newPage();
      page.setDefaultTimeout(15_000);
      const complaints = await complaintsOf(page);
      await page.goto(stack.url);
      await page.getByLabel('Bearer').fill(stack.bearer);
      await page.getByRole('button', { name: 'Connect' }).click();
      await page.getByRole('button', { name: 'Run hello' }).click();
      await page.locator('#output', { hasText: '{}' }).waitFor();
      await page.locator('#detail-state', { hasText: 'succeeded' }).waitFor();
      await page.reload();
      await page.locator('#tasklets').getByText('endless').click();
      await page.getByRole('button', { name: 'Run endless' }).click();
      await page.locator('#detail-error', { hasText: 'fuel_exhausted' }).waitFor();
      await stack.endHelper();
      await page.locator('#connect-notice', { hasText: 'The local stack was stopped' }).waitFor();
      assert.deepEqual(complaints, []);
      await page.close();
    });
  });
});
