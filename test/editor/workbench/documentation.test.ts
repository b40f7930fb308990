import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { packageRoot } from '../../../base/packageRoot.ts';
import { stepByStep } from '../../helpers/stepByStep.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';
import { type EditorForTests, editorForTests } from '../support/editorForTests.ts';
import type { Workbench } from '../support/workbench.ts';

/** One window on an empty folder, step by step; each step begins where the one before left. */
describe('what comes with the extension to read', function () {
  stepByStep(this);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let editor: EditorForTests;
  let workbench: Workbench;

  before(async () => {
    folder = await temporaryFolder('grafos-documentation-');
    editor = await editorForTests();
    workbench = await editor.open(folder.path);
  });

  after(async () => {
    await editor[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  afterEach(async function () {
    if (this.currentTest?.isFailed())
      await workbench.screenshot(`failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
  });

  /** Chooses in the picker with a placeholder: the words narrow the list. */
  const choose = async (placeholder: string, words: string) => {
    const input = workbench.quickInput().locator(`input[placeholder^="${placeholder}"]`);
    await input.fill(words);
    await workbench.quickInput().locator('.monaco-list-row', { hasText: words }).first().click();
  };
  /** The webview of the editor that is in front; a Markdown preview is one. */
  const shown = (): FrameLocator => workbench.webview();

  /** Clicks a button of the walkthrough in front. What it asks has the focus and keeps it. */
  const askedByWalkthrough = async (step: string, button: string, words: string) => {
    const { page } = workbench;
    await page.locator('.getting-started-step', { hasText: step }).first().click();
    await page.locator('.getting-started-step .monaco-button', { hasText: button }).click();
    await page.locator('.quick-input-widget input:focus').waitFor();
    // The walkthrough would take the focus back by now.
    await page.waitForTimeout(1_000);
    await page.locator('.quick-input-widget input:focus').waitFor();
    await page.keyboard.type(words, { delay: 40 });
    await workbench.quickInput().locator('.monaco-list-row', { hasText: words }).first().waitFor();
    await page.keyboard.press('Escape');
    await workbench.quickInput().waitFor({ state: 'hidden' });
  };

  for (const [step, button, words] of [
    ['Make a program', 'Open Recipe…', 'bitmap'],
    ['Deploy to a cloud', 'Open Guide…', 'grafos-std'],
  ] as const)
    it(`what ${button} of the walkthrough asks has the focus`, async () => {
      await workbench.showGrafos();
      await workbench.welcome('Local stack', 'Open the Walkthrough').click();
      await askedByWalkthrough(step, button, words);
    });

  it('the walkthrough asks its first question where one types: a program is made by keyboard alone', async () => {
    await workbench.showGrafos();
    await workbench.welcome('Local stack', 'Open the Walkthrough').click();
    await workbench.page.locator('.getting-started-step .monaco-button', { hasText: 'New Program…' }).click();
    await workbench.quickInput().locator('.monaco-list-row[aria-label="AssemblyScript"]').waitFor();
    await workbench.quickInput().locator('.monaco-list-row', { hasText: 'bitmap' }).waitFor();
    await workbench.page.locator('.quick-input-widget input:focus').waitFor();
    await workbench.page.keyboard.press('Enter');
    await workbench.page.locator('.quick-input-widget', { hasText: 'Name of the program' }).waitFor();
    await workbench.page.keyboard.type('first', { delay: 40 });
    await workbench.page.keyboard.press('Enter');
    await workbench.page.locator('.tab.active', { hasText: 'first.ts' }).waitFor();
  });

  it('what Deploy to… of the walkthrough asks has the focus', async () => {
    await workbench.page.locator('.tab', { hasText: 'Welcome' }).click();
    await askedByWalkthrough('Deploy to a cloud', 'Deploy to…', 'gcp');
    await workbench.page.locator('.tab', { hasText: 'first.ts' }).click();
  });

  it('a hover on a symbol of grafos-std says what it does', async () => {
    const line = workbench.page.locator('.view-line', { hasText: 'Json.parse(input)' });
    const hover = workbench.page.locator('.monaco-hover', { hasText: 'a text that is not JSON gives a value' }).first();
    // The service for TypeScript may still be reading the program: one points again.
    await workbench.until('the hover', async () => {
      await workbench.page.mouse.move(5, 5);
      await line.locator('span', { hasText: 'parse' }).last().hover();
      return await hover.waitFor({ timeout: 3_000 }).then(
        () => true,
        () => undefined,
      );
    });
  });

  it('a recipe is laid out in a folder that is chosen, the very files of the cookbook', async () => {
    await workbench.command('grafOS: Open Recipe…');
    await choose('Choose a recipe', 'rpc-service');
    await choose('Choose where it is made', 'rpc-service');
    await workbench.page.locator('.tab', { hasText: 'rpc-service.ts' }).first().waitFor();
    await shown().getByRole('heading', { name: 'rpc-service' }).waitFor();
    // The folder is the program of the first test.
    await workbench.page
      .locator('.notification-toast', { hasText: 'rpc-service lies inside another program' })
      .waitFor();
    await workbench.screenshot('recipe');
    const [from, to] = [join(packageRoot, 'cookbook', 'rpc-service'), join(folder.path, 'rpc-service')];
    for (const name of ['grafos.toml', 'README.md', 'tasklets/rpc-service.ts'])
      assert.equal(await readFile(join(to, name), 'utf8'), await readFile(join(from, name), 'utf8'), name);
    const fixtures = (root: string) => readdir(join(root, 'fixtures/rpc-service'));
    assert.deepEqual((await fixtures(to)).sort(), (await fixtures(from)).sort());
  });

  it('a page of the guide opens as a preview, and so does the page of a finding', async () => {
    await workbench.command('View: Close All Editors');
    await workbench.command('grafOS: Open Guide…');
    await choose('Choose a page', 'grafos-std');
    await shown().getByRole('heading', { name: 'grafos-std' }).waitFor();
    await workbench.screenshot('guide');
    await workbench.openFile('rpc-service/grafos.toml');
    await workbench.page.locator('.view-line', { hasText: 'fixtures' }).click();
    await workbench.page.keyboard.press('End');
    await workbench.page.keyboard.press('Enter');
    await workbench.page.keyboard.type('feul = 1');
    await workbench.command('Problems: Focus on Problems View');
    await workbench.page.locator('.markers-panel a', { hasText: 'GRF1005' }).first().click();
    await shown()
      .getByRole('heading', { name: /GRF1005/ })
      .waitFor();
  });

  it('the page on the editor has pictures, which load', async () => {
    await workbench.command('grafOS: Open Guide…');
    await choose('Choose a page', 'grafOS in the editor');
    const page = shown();
    await page.getByRole('heading', { name: 'grafOS in the editor' }).waitFor();
    assert.equal(await page.locator('img').count(), 3);
    const widths = () =>
      page.locator('img').evaluateAll((all: Array<{ naturalWidth: number }>) => all.map((one) => one.naturalWidth));
    await workbench.until('the pictures', async () =>
      (await widths()).every((width) => width > 0) ? true : undefined,
    );
    await workbench.screenshot('guide-pictures');
  });

  it('the page of the extension is for users, without a dead link or a picture that cannot load', async () => {
    await workbench.command('Extensions: Show Installed Extensions');
    await workbench.page.locator('.extensions-list .monaco-list-row', { hasText: 'grafOS' }).first().click();
    const page = shown();
    await page.getByRole('heading', { name: 'grafOS in the editor' }).waitFor();
    const count = await page.locator('a[href]:not([href^="#"]):not([href^="https:"]), img').count();
    assert.equal(count, 0);
    await workbench.screenshot('extension-page');
  });
});
