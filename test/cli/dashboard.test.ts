/** The dashboard of the stack that `grafos dev up` starts, in a real browser. */

import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import { complaintsOf, launchChromium } from '../helpers/chromium.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { programOf } from '../helpers/programCopy.ts';
import { watProgram } from '../helpers/watTasklets.ts';

interface Access {
  url: string;
  bearer: string;
}

describe('the dashboard of dev up', () => {
  let browser: Browser | undefined;
  before(async function () {
    browser = await launchChromium();
    if (browser === undefined) this.skip();
  });
  after(async () => await browser?.close());

  const shows = async (page: Page, selector: string, words: string) =>
    await page.locator(selector, { hasText: words }).first().waitFor({ state: 'visible' });
  const text = async (page: Page, selector: string) => ((await page.locator(selector).textContent()) ?? '').trim();

  it('given the bearer once, shows runs from here and from the command line live, until the stack is another', async () => {
    assert.ok(browser);
    await using program = await programOf(watProgram('hello', 'endless'));
    const cwd = program.path;
    await grafosJson(['dev', 'up'], { cwd });
    await grafosJson(['tasklet', 'build'], { cwd });
    const printed = await grafos(['dev', 'status', '--bearer'], { cwd });
    const access = await grafosJson<Access>(['dev', 'status', '--bearer'], { cwd });

    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    try {
      context.setDefaultTimeout(20_000);
      const page = await context.newPage();
      const complaints = await complaintsOf(page);
      await page.goto(access.url);
      await page.getByLabel('Bearer').waitFor();
      // As one text, the way the command prints it.
      await page.evaluate(`{
        const clipboardData = new DataTransfer();
        clipboardData.setData('text', ${JSON.stringify(printed.stdout)});
        document.getElementById('connect-bearer').dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
      }`);
      await page.getByRole('button', { name: 'Connect' }).click();

      await page.getByRole('button', { name: 'Run hello' }).click();
      await shows(page, '#detail-state', 'succeeded');
      await shows(page, '#output', '{}');
      assert.equal(await page.locator('#runs tr').count(), 1);
      const shown = await text(page, '#detail-id');

      const loads: string[] = [];
      page.on('request', (request) => loads.push(`${request.method()} ${new URL(request.url()).pathname}`));
      const mine = await grafosJson<RunResponse>(['deploy', 'run', '--tasklet', 'hello'], { cwd });
      const failed = await grafosJson<RunResponse>(['deploy', 'run', '--tasklet', 'endless'], { cwd, code: 1 });
      await shows(page, `tr[data-run="${mine.run_id}"]`, 'succeeded');
      await shows(page, `tr[data-run="${failed.run_id}"]`, 'fuel_exhausted');
      assert.deepEqual(loads, [], 'they came by the stream that is open, and nothing was asked for');
      const order = await page.locator('#runs tr').evaluateAll((rows) => rows.map((row) => row.dataset.run));
      assert.deepEqual(order, [failed.run_id, mine.run_id, shown]);
      assert.equal(await text(page, '#detail-id'), shown, 'what was selected is selected');

      await page.reload();
      await shows(page, `tr[data-run="${failed.run_id}"]`, 'fuel_exhausted');
      await page.locator(`tr[data-run="${mine.run_id}"]`).click();
      await shows(page, '#output', '{}');

      await grafosJson(['dev', 'down'], { cwd });
      await shows(page, '#connect-notice', 'The local stack was stopped');
      await grafosJson(['dev', 'up'], { cwd });
      const renewed = await grafosJson<Access>(['dev', 'status', '--bearer'], { cwd });
      await page.goto(renewed.url);
      await page.getByLabel('Bearer').fill(access.bearer);
      await page.getByRole('button', { name: 'Connect' }).click();
      await shows(page, '#connect-notice', 'This stack has another bearer');
      await shows(page, '#connect-notice', 'grafos dev up');
      await page.getByLabel('Bearer').fill(renewed.bearer);
      await page.getByRole('button', { name: 'Connect' }).click();
      await shows(page, `tr[data-run="${failed.run_id}"]`, 'fuel_exhausted');
      assert.deepEqual(complaints, []);
    } finally {
      await context.close();
    }
  });
});
