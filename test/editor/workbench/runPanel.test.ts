import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { stepByStep } from '../../helpers/stepByStep.ts';
import { countingProgram } from '../support/countingProgram.ts';
import type { EditorForTests } from '../support/editorForTests.ts';
import type { Workbench } from '../support/workbench.ts';

/** One window, step by step; each step begins where the one before left. */
describe('the Run panel', function () {
  stepByStep(this);
  let editor: EditorForTests;
  let workbench: Workbench;

  before(async () => {
    editor = await countingProgram();
    workbench = await editor.open(editor.root);
    await workbench.showGrafos();
  });

  after(async () => {
    await editor[Symbol.asyncDispose]();
  });

  afterEach(async function () {
    if (this.currentTest?.isFailed())
      await workbench.screenshot(`failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
  });

  const button = (name: string): Locator => workbench.webview().getByRole('button', { name, exact: true });
  const shownRun = async () => await workbench.webview().locator('body').getAttribute('data-run');
  const ended = () => workbench.webview().locator('.state', { hasText: 'succeeded' }).waitFor();

  it('shows three runs one after another, and there is never a tab of a run', async () => {
    const seen = new Set<string | null>();
    await workbench.welcome('Local stack', 'Start Local Stack').click();
    await workbench.status('grafOS local stack: running').waitFor();
    await workbench.openFile('local-dev.ts');
    const lens = workbench.page.locator('.codelens-decoration a', { hasText: 'Run' }).first();
    await lens.click();
    await workbench.quickInput().locator('.monaco-list-row', { hasText: 'No input' }).click();
    for (let count = 1; count <= 3; count++) {
      if (count > 1) await lens.click();
      await workbench.until(`run ${count}`, async () => {
        const id = await shownRun();
        return id !== null && !id.startsWith('job') && !seen.has(id) ? true : undefined;
      });
      await ended();
      await workbench.webview().locator('.output .leaf', { hasText: '"ran_in": "local-dev"' }).waitFor();
      seen.add(await shownRun());
    }
    assert.equal(seen.size, 3);
    const tabs = await workbench.page.locator('.tab').allInnerTexts();
    assert.deepEqual(
      tabs.map((text) => text.replaceAll(/\s/g, '')),
      ['local-dev.ts'],
    );
    assert.equal(await workbench.page.locator('.editor-group-container').count(), 1);
    // The source has the focus still: one goes on writing.
    assert.equal(await workbench.page.locator('.monaco-editor.focused').count(), 1);
    await workbench
      .webview()
      .locator('.summary', { hasText: /fuel [\d,]+ of 500,000/ })
      .waitFor();
    // Everything was in sight, so nothing was announced a second time.
    assert.deepEqual(
      (await workbench.notifications('info')).filter((text) => /run/i.test(text)),
      [],
    );
    await workbench.screenshot('run-panel-three');
  });

  it('runs again on the input that was edited, and says so', async () => {
    const before = await shownRun();
    await workbench.webview().locator('textarea').fill('{"name": 9007199254740993}');
    await workbench.webview().getByText('edited; Run Again uses it').waitFor();
    await button('Run Again').click();
    await workbench.until('another run', async () => {
      const id = await shownRun();
      return id !== before && !id?.startsWith('job') ? true : undefined;
    });
    await ended();
    await workbench.webview().locator('.input .quiet', { hasText: '26 B' }).first().waitFor();
    assert.equal(await workbench.webview().locator('textarea').inputValue(), '{"name": 9007199254740993}');
  });

  it('makes a fixture of the run, and accepts an output for it', async () => {
    await button('Save as Fixture…').click();
    await workbench.answer('Save as Fixture', 'edited');
    await workbench.page.locator('.tab.active', { hasText: 'edited.expected.json' }).waitFor();
    const folder = join(editor.root, 'fixtures/local-dev');
    assert.equal(await readFile(join(folder, 'edited.input.json'), 'utf8'), '{"name": 9007199254740993}');
    assert.match(await readFile(join(folder, 'edited.expected.json'), 'utf8'), /"ran_in":\s*"local-dev"/);
    const before = await shownRun();
    await button('Run Again').click();
    await workbench.until('another run', async () => ((await shownRun()) !== before ? true : undefined));
    await button('Accept Output').waitFor();
    await workbench.webview().getByText('fixture edited').waitFor();
    await button('Accept Output').click();
    await workbench.page.locator('.statusbar-item', { hasText: 'Fixture edited expects this output now' }).waitFor();
  });

  it('stays with a run that is pinned, and says that there is a newer one', async () => {
    const pinned = await shownRun();
    await button('Pin').click();
    await button('Unpin').waitFor();
    await workbench.row('Tasklets', 'local-dev').hover();
    await workbench.row('Tasklets', 'local-dev').getByRole('button', { name: /Run/ }).click();
    await workbench.webview().getByText('A newer run of local-dev: succeeded.').waitFor();
    assert.equal(await shownRun(), pinned);
    await workbench.screenshot('run-panel-pinned');
  });

  it('shows the same run after a reload, pinned still', async () => {
    const pinned = await shownRun();
    await workbench.reload();
    const again = workbench.status('grafOS local stack: running');
    await workbench.until('the stack again', async () => ((await again.isVisible()) ? true : undefined));
    await workbench.webview().locator('.output .leaf', { hasText: '"ran_in": "local-dev"' }).waitFor();
    assert.equal(await shownRun(), pinned);
    await button('Unpin').click();
    await button('Pin').waitFor();
  });

  it('shows the run that was opened last although the window is reloaded at once', async () => {
    const before = await shownRun();
    await workbench.row('Runs', 'local-dev').last().click();
    const opened = await workbench.until('another run', async () => {
      const id = await shownRun();
      return id !== null && id !== before ? id : undefined;
    });
    await workbench.reload();
    const again = workbench.status('grafOS local stack: running');
    await workbench.until('the stack again', async () => ((await again.isVisible()) ? true : undefined));
    await workbench.until('the run again', async () => ((await shownRun()) === opened ? true : undefined));
    await workbench.webview().locator('.output .leaf', { hasText: '"ran_in": "local-dev"' }).waitFor();
  });

  it('draws the flame graph of a profile, and shows the fuel in the source', async () => {
    await button('Profile').click();
    await workbench.webview().locator('.flame .box').first().waitFor();
    const boxes = workbench.webview().locator('.flame .box');
    const named = await boxes.allTextContents();
    assert.ok(named.includes('_grafos_tasklet_run') && !named.includes('endsWith'), named.join(', '));
    await boxes.filter({ hasText: '_grafos_tasklet_run' }).first().click();
    await workbench
      .webview()
      .locator('.flame .quiet', { hasText: /^_grafos_tasklet_run: [\d,]+/ })
      .waitFor();
    await workbench.screenshot('run-panel-profile');
    await button('Show in Source').click();
    await workbench.page.locator('.tab.active', { hasText: 'local-dev.ts' }).waitFor();
    await workbench.page
      .locator('.view-line', { hasText: /fuel\s\d/ })
      .first()
      .waitFor();
    await workbench.screenshot('run-panel-in-source');
  });

  it('nothing went wrong on the way', async () => {
    assert.deepEqual(await workbench.notifications('error'), []);
    assert.deepEqual(workbench.complaints, []);
  });
});
