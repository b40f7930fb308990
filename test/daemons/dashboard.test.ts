import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { complaintsOf, launchChromium } from '../helpers/chromium.ts';
import { helperWithStandIn, type TestHelper, WASM } from './helperSetup.ts';

/** A run of somebody else. */
const submitted = {
  program: 'demo',
  tasklet: '',
  version: '0.1.0',
  module_sha256: '0'.repeat(64),
  input_b64: '',
  mem_bytes: 0,
  fuel: 1,
  linear_memory_bytes: 65_536,
  timeout_ms: 1_000,
};

/** Where pictures of the page go when somebody wants to look at them. */
const SHOTS = process.env.GRAFOS_TEST_SHOTS;

describe('dashboard in Chromium, with an in-process stand-in for the scheduler', () => {
  let browser: Browser | undefined;
  let context: BrowserContext;
  let page: Page;
  let helper: TestHelper;
  let complaints: string[];

  before(async function () {
    browser = await launchChromium();
    if (browser === undefined) this.skip();
    if (SHOTS !== undefined) await mkdir(SHOTS, { recursive: true });
  });
  after(async () => await browser?.close());

  beforeEach(async () => {
    assert.ok(browser);
    helper = await helperWithStandIn();
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    context.setDefaultTimeout(15_000);
    page = await context.newPage();
    complaints = await complaintsOf(page);
  });
  afterEach(async () => {
    await context.close();
    await helper.dispose();
    assert.deepEqual(complaints, []);
  });

  const view = async (name: 'form' | 'desk') =>
    await page.waitForSelector(`body[data-view="${name}"]`, { state: 'attached' });
  const text = async (selector: string) => ((await page.locator(selector).textContent()) ?? '').trim();
  const shows = async (selector: string, words: string) =>
    await page.locator(selector, { hasText: words }).first().waitFor({ state: 'visible' });
  /** The answer of a script under page/, which runs in the page. */
  const inPage = async (script: string): Promise<unknown> =>
    await page.evaluate(await readFile(join(import.meta.dirname, 'page', `${script}.js`), 'utf8'));
  const paste = async (target: string, words: string) =>
    await page.evaluate(`{
      const clipboardData = new DataTransfer();
      clipboardData.setData('text', ${JSON.stringify(words)});
      document.querySelector(${JSON.stringify(target)}).dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }`);
  const connect = async () => {
    await page.goto(helper.url);
    await view('form');
    await paste('#connect-bearer', `${helper.url}#${helper.bearer}`);
    await page.getByRole('button', { name: 'Connect' }).click();
    await view('desk');
    await shows('#tasklets', 'local-dev');
  };
  const run = async (outcome: Parameters<TestHelper['scheduler']['end']>[1]) => {
    helper.scheduler.onSubmit = (id) => {
      helper.scheduler.running(id);
      helper.scheduler.logLine(id, 'info reading input\n');
      helper.scheduler.end(id, outcome);
    };
    await page.getByRole('button', { name: 'Run local-dev' }).click();
  };
  const shot = async (name: string) => {
    if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  };

  it('takes URL and bearer once, and a reload keeps them', async () => {
    await connect();
    await page.reload();
    await view('desk');
    await shows('#tasklets', 'local-dev');
    assert.equal(await text('#program-name'), 'demo 0.1.0');
    assert.match(await page.title(), /^demo/);
    assert.equal(await text('#connection'), `127.0.0.1:${helper.port}`);
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.reload();
    await view('form');
  });

  for (const [name, words] of [
    ['what a terminal prints', () => `helper  ${helper.url}\nbearer  ${helper.bearer}\n`],
    ['a bearer alone', () => helper.bearer],
    ['the other loopback name', () => `http://localhost:${helper.port}#${helper.bearer}`],
  ] as const) {
    it(`accepts ${name}`, async () => {
      await page.goto(helper.url);
      await view('form');
      await paste('#connect-bearer', words());
      await page.keyboard.press('Enter');
      await view('desk');
    });
  }

  it('takes the bearer from the fragment of its address, and out of it', async () => {
    await page.goto(`${helper.url}/#${helper.bearer}`);
    await view('desk');
    assert.equal(page.url(), `${helper.url}/`);
  });

  it('says what is wrong with what was pasted', async () => {
    await page.goto(helper.url);
    await view('form');
    await page.fill('#connect-bearer', 'too-short');
    await page.getByRole('button', { name: 'Connect' }).click();
    await shows('#connect-error', 'The bearer is missing or not whole');
    await page.fill('#connect-url', '');
    await page.getByRole('button', { name: 'Connect' }).click();
    await shows('#connect-error', 'The URL is missing');
  });

  it('runs a tasklet and shows the live result, exact to the digit', async () => {
    await connect();
    await page.getByLabel('Input', { exact: true }).first().fill('hello');
    await run({ output: '{"ran_in":"local-dev","big":12345678901234567890,"none":[]}' });
    await shows('#output', 'ran_in');
    assert.equal(await text('#output'), '{\n  "ran_in": "local-dev",\n  "big": 12345678901234567890,\n  "none": []\n}');
    await shows('#log', 'reading input');
    const cells = await page.locator('tbody tr').first().locator('> *').allTextContents();
    assert.deepEqual(cells.slice(0, 4), ['succeeded', 'local-dev', '1\u202f204', '1.8 ms']);
    assert.equal(Buffer.from(helper.scheduler.submits[0]?.input_b64 ?? '', 'base64').toString(), 'hello');
    await shows('#announcer', 'local-dev succeeded');
    await shot('succeeded');
  });

  it('shows a run while it runs, and cancels it', async () => {
    await connect();
    helper.scheduler.onSubmit = (id) => {
      helper.scheduler.running(id);
      helper.scheduler.logLine(id, 'still at it\n');
    };
    await page.keyboard.press('Tab');
    await page.locator('#input-text').press('Control+Enter');
    await shows('#log', 'still at it');
    await shows('#detail-state', 'running');
    await shows('#runs-count', '1 running');
    await page.locator('#detail-facts', { hasText: /Elapsed[1-9]\d* s/ }).waitFor();
    await shot('running');
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await shows('#detail-state', 'cancelled');
    assert.equal(await page.locator('#cancel').isVisible(), false);
  });

  it('shows runs started elsewhere as they happen, newest first, and keeps selection and place', async () => {
    await connect();
    const submit = async (tasklet: string) => (await helper.scheduler.submit({ ...submitted, tasklet })).run_id;
    const first = await submit('first');
    helper.scheduler.end(first, { output: '"of the first"' });
    await page.locator('tbody tr', { hasText: 'first' }).click();
    await shows('#output', 'of the first');
    for (let at = 0; at < 30; at += 1) await submit(`more-${at}`);
    await shows('tbody', 'more-29');
    assert.equal(await text('tbody tr:first-child .col-tasklet'), 'more-29');
    assert.equal(await page.evaluate("document.getElementById('runs-frame').scrollTop"), 0);

    const row = page.locator('tbody tr', { hasText: 'more-10' });
    await row.scrollIntoViewIfNeeded();
    await row.getByRole('button').focus();
    const place = await row.boundingBox();
    helper.scheduler.running(await submit('later'));
    const refused = await submit('refused');
    await page.locator('tbody tr', { hasText: 'refused' }).waitFor({ state: 'attached' });
    helper.scheduler.refuse(refused);
    await page.locator('tbody tr', { hasText: 'refused' }).waitFor({ state: 'detached' });
    await page.locator('tbody tr:first-child', { hasText: 'running' }).waitFor({ state: 'attached' });
    assert.equal(await text('tbody tr:first-child .col-tasklet'), 'later');
    assert.deepEqual(await row.boundingBox(), place);
    assert.equal(await page.evaluate("document.activeElement.closest('tr')?.textContent.includes('more-10')"), true);
    assert.equal(await text('tbody tr.selected .col-tasklet'), 'first');
    assert.equal(await text('#detail-title'), 'first');
    assert.equal(await text('#output'), '"of the first"');
    // What this page did not start is not announced.
    assert.equal(await text('#announcer'), '');
  });

  it('says the code of a failure without a label once', async () => {
    await connect();
    const message = 'The tasklet failed with code 1.';
    await run({ error: { code: 'tasklet_failed', message, label: null, exit_code: 1 } });
    await shows('#detail-error', message);
    assert.equal((await text('#detail-error')).split('code 1').length, 2);
  });

  it('shows a failed run with its label, and what it wrote as a download', async () => {
    await connect();
    await run({
      error: {
        code: 'tasklet_failed',
        message: 'The tasklet failed with "missing_provider" (code 3).',
        label: 'missing_provider',
        exit_code: 3,
      },
    });
    await shows('#detail-error', 'missing_provider');
    assert.equal(await text('#detail-error-text'), 'The tasklet failed with "missing_provider" (code 3).');
    await shows('tbody', 'missing_provider');
    await shows('#output', 'The run wrote no output.');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download run.log' }).click(),
    ]);
    assert.equal(await readFile(await download.path(), 'utf8'), 'info reading input\n');
    assert.match(download.suggestedFilename(), /^run-.*-run\.log$/);
    await shot('failed');
  });

  it('shows text as text, and bytes as bytes', async () => {
    await connect();
    const markup = '<img src=x onerror=alert(1)>';
    await run({ output: markup });
    await shows('#output', markup);
    assert.equal(await page.locator('#output img').count(), 0);
  });

  it('gives the bytes of an output that is too large to show', async () => {
    await connect();
    const large = JSON.stringify({ rows: Array.from({ length: 60_000 }, (_, at) => at * 1_000) });
    await run({ output: large });
    await shows('#output', 'too large to show');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download output', exact: true }).click(),
    ]);
    assert.equal(await readFile(await download.path(), 'utf8'), large);
  });

  it('does not run what cannot be sent', async () => {
    await connect();
    await page.getByText('JSON', { exact: true }).click();
    await page.fill('#input-text', '{"a":');
    await shows('#input-facts', 'Not JSON');
    await page.getByRole('button', { name: 'Run local-dev' }).click();
    await shows('#run-error', 'The input cannot be sent');
    assert.equal(helper.scheduler.submits.length, 0);
    await page.fill('#input-text', '{"a":1}');
    await shows('#input-facts', 'Valid JSON, 7 bytes');
    await page.fill('#mem', '1GiB');
    await page.getByRole('button', { name: 'Run local-dev' }).click();
    await shows('#run-error', '131072 bytes of fabric memory');
    await page.fill('#mem', '');
    await page.getByText('File', { exact: true }).click();
    await page.setInputFiles('#input-file', {
      name: 'in.bin',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from([0, 255]),
    });
    await page.getByRole('button', { name: 'Run local-dev' }).click();
    await shows('#runs', 'local-dev');
    assert.equal(helper.scheduler.submits[0]?.input_b64, 'AP8=');
  });

  it('tells what to do about a tasklet that is not built, and sees it appear', async () => {
    await connect();
    await page.getByText('not-built').click();
    await page.getByRole('button', { name: 'Run not-built' }).click();
    await shows('#run-error', 'grafos tasklet build');
    await writeFile(join(helper.dir, 'build', 'not-built.wasm'), WASM);
    await page.locator('.badge', { hasText: 'not built' }).waitFor({ state: 'hidden' });
    assert.equal(await page.locator('.badge:visible').textContent(), 'stale');
  });

  it('says in place when the program or the scheduler cannot be read', async () => {
    await connect();
    await shows('#runs-empty', 'No runs yet');
    await writeFile(join(helper.dir, 'grafos.toml'), '[program\n');
    await shows('#tasklets-empty', 'grafos.toml:1:');
    await writeFile(join(helper.dir, 'grafos.toml'), '[program]\nname = "demo"\nversion = "0.1.0"\n');
    await shows('#tasklets-empty', 'No tasklets yet');
    helper.scheduler.down = true;
    await page.reload();
    await shows('#desk-notice', 'The scheduler does not answer');
    helper.scheduler.down = false;
    await page.locator('#desk-notice').waitFor({ state: 'hidden' });
  });

  it('refuses the old bearer in plain words after the stack was restarted', async () => {
    await connect();
    const old = helper.bearer;
    await helper.stop();
    await view('form');
    await shows('#connect-notice', 'The local stack was stopped');
    await helper.restart();
    await page.fill('#connect-bearer', old);
    await page.getByRole('button', { name: 'Connect' }).click();
    await shows('#connect-notice', 'This stack has another bearer');
    await shows('#connect-notice', 'grafos dev up');
    await shot('refused');
    await page.fill('#connect-bearer', helper.bearer);
    await page.getByRole('button', { name: 'Connect' }).click();
    await view('desk');
  });

  it('goes to the page of another helper when its address is pasted', async () => {
    const other = await helperWithStandIn();
    try {
      await page.goto(helper.url);
      await view('form');
      await paste('#connect-url', `${other.url}#${other.bearer}`);
      await page.getByRole('button', { name: 'Connect' }).click();
      await page.waitForURL(`${other.url}/`);
      await view('desk');
    } finally {
      await page.goto('about:blank');
      await other.dispose();
    }
  });

  for (const scheme of ['light', 'dark'] as const) {
    it(`has enough contrast, fits 320 pixels and names every control (${scheme})`, async () => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.goto(helper.url);
      await view('form');
      assert.deepEqual(await inPage('contrastFaults'), []);
      await connectAgain();
      await run({ error: { code: 'fuel_exhausted', message: 'No fuel is left.' } });
      await shows('#detail-error', 'fuel_exhausted');
      await page.locator('#artifacts li').first().waitFor();
      assert.deepEqual(await inPage('contrastFaults'), []);
      for (const width of [320, 700]) {
        await page.setViewportSize({ width, height: 700 });
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width);
        await shot(`${scheme}-${width}`);
      }
      assert.deepEqual(await inPage('namelessControls'), []);
      assert.equal(await page.locator('table').count(), 1);
      assert.deepEqual(await inPage('namelessContent'), []);
    });
  }
  const connectAgain = async () => {
    await paste('#connect-bearer', helper.bearer);
    await page.getByRole('button', { name: 'Connect' }).click();
    await shows('#tasklets', 'local-dev');
  };
});
