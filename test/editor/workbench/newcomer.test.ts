import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EditorForTests, editorForTests } from '../support/editorForTests.ts';
import type { Workbench } from '../support/workbench.ts';

/** One person, one window, step by step; each step begins where the one before left. */
describe('a newcomer in the workbench', function () {
  this.bail(true);
  let editor: EditorForTests;
  let workbench: Workbench;

  before(async () => {
    editor = await editorForTests({ recipe: 'local-dev' });
    workbench = await editor.open(editor.root);
  });

  after(async () => {
    await editor[Symbol.asyncDispose]();
  });

  afterEach(async function () {
    if (this.currentTest?.isFailed())
      await workbench.screenshot(`failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
  });

  it('starts the stack with the welcome button and sees it run', async () => {
    await workbench.showGrafos();
    await workbench.welcome('Local stack', 'Start Local Stack').click();
    await workbench.row('Local stack', 'fabricbiosd').waitFor();
    await workbench.row('Local stack', 'scheduler').waitFor();
    await workbench.row('Local stack', 'helper').waitFor();
    await workbench.status('grafOS local stack: running').waitFor();
    await workbench.screenshot('stack-running');
  });

  it('breaks grafos.toml, sees the code, and repairs it with the quick fix', async () => {
    await workbench.openFile('grafos.toml');
    await workbench.page.keyboard.press('ControlOrMeta+End');
    await workbench.page.keyboard.type('\nfule = 10');
    await workbench.page.locator('.squiggly-error').first().waitFor();
    await workbench.command('Problems: Focus on Problems View');
    await workbench.page.locator('.markers-panel .monaco-list-row', { hasText: 'GRF1005' }).waitFor();
    await workbench.screenshot('problem');
    await workbench.page.locator('.view-line', { hasText: 'fule' }).click();
    await workbench.page.keyboard.press('ControlOrMeta+.');
    await workbench.page.locator('.action-widget .monaco-list-row').first().waitFor();
    await workbench.screenshot('quick-fix');
    await workbench.page.keyboard.press('Enter');
    await workbench.page.locator('.squiggly-error').first().waitFor({ state: 'detached' });
    await workbench.command('File: Revert File');
  });

  it('runs the tasklet by the code lens and reads its result', async () => {
    await workbench.openFile('local-dev.ts');
    const lens = workbench.page.locator('.codelens-decoration a', { hasText: 'Run' }).first();
    await lens.waitFor();
    await workbench.screenshot('code-lens');
    await lens.click();
    const none = workbench.quickInput().locator('.monaco-list-row').first();
    // Memory and input are asked when not known; the first answer is the default.
    while (true) {
      const seen = await Promise.race([
        none.waitFor().then(() => 'question' as const),
        workbench
          .row('Runs', 'succeeded')
          .waitFor()
          .then(() => 'done' as const),
      ]);
      if (seen === 'done') break;
      await workbench.page.keyboard.press('Enter');
      await workbench
        .quickInput()
        .waitFor({ state: 'hidden' })
        .catch(() => {});
    }
    await workbench.page.locator('.tab.active', { hasText: 'Run: local-dev' }).waitFor();
    await workbench.screenshot('run-page');
  });

  it('is offered local, aws and gcp with their true states', async () => {
    await workbench.row('Tasklets', 'local-dev').hover();
    await workbench.row('Tasklets', 'local-dev').getByRole('button', { name: 'Deploy to…' }).click();
    const rows = workbench.quickInput().locator('.monaco-list-row');
    await rows.first().waitFor();
    const offers = (await rows.allInnerTexts()).join('\n');
    assert.match(offers, /local[\s\S]*running/);
    assert.match(offers, /aws/);
    assert.match(offers, /gcp/);
    await workbench.screenshot('deploy-to');
    await workbench.page.keyboard.press('Escape');
  });

  it('stops the stack, and nothing went wrong on the way', async () => {
    await workbench.command('grafOS: Stop Local Stack');
    await workbench.welcome('Local stack', 'Start Local Stack').waitFor();
    await assert.rejects(readFile(join(editor.root, '.grafos/dev/dev.json')), { code: 'ENOENT' });
    assert.deepEqual(await workbench.notifications('error'), []);
  });
});
