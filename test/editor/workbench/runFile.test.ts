import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { stepByStep } from '../../helpers/stepByStep.ts';
import { countingProgram } from '../support/countingProgram.ts';
import type { EditorForTests } from '../support/editorForTests.ts';
import type { Workbench } from '../support/workbench.ts';

const NAME = 'first.grafos-run';

/** One window, step by step; each step begins where the one before left. */
describe('a run as a file', function () {
  stepByStep(this);
  let editor: EditorForTests;
  let workbench: Workbench;
  let runId: string | null = null;

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
  const summary = (text: string | RegExp) => workbench.webview().locator('.summary', { hasText: text });
  const output = () => workbench.webview().locator('.output .leaf', { hasText: '"ran_in": "local-dev"' });

  it('is saved from the Run panel', async () => {
    await workbench.welcome('Local stack', 'Start Local Stack').click();
    await workbench.status('grafOS local stack: running').waitFor();
    await workbench.row('Tasklets', 'local-dev').hover();
    await workbench.row('Tasklets', 'local-dev').getByRole('button', { name: /Run/ }).click();
    await workbench.quickInput().locator('.monaco-list-row', { hasText: 'No input' }).click();
    await output().waitFor();
    runId = await workbench.webview().locator('body').getAttribute('data-run');
    await button('Save Run…').click();
    const dialog = workbench.page.locator('.quick-input-widget', { hasText: 'Save Run' });
    const name = dialog.locator('input.input');
    await workbench.until('the name of the file', async () =>
      (await name.inputValue()).endsWith('.grafos-run') ? true : undefined,
    );
    await name.fill(join(editor.root, NAME));
    await workbench.page.keyboard.press('Enter');
    const text = await workbench.until('the file', () =>
      readFile(join(editor.root, NAME), 'utf8').then(
        (text) => (text.endsWith('\n') ? text : undefined),
        () => undefined,
      ),
    );
    const { record, format, output_b64 } = JSON.parse(text);
    assert.deepEqual([format, record.run_id], ['grafos-run@1', runId]);
    assert.match(Buffer.from(output_b64, 'base64').toString(), /local-dev/);
  });

  it('is opened while no stack runs and its source says something else', async () => {
    await workbench.command('grafOS: Stop Local Stack');
    await workbench.welcome('Local stack', 'Start Local Stack').waitFor();
    await writeFile(
      join(editor.root, 'tasklets/local-dev.ts'),
      'export function compute(): string {\n  return "";\n}\n',
    );
    await workbench.command('grafOS: Open Run from File…');
    await workbench.chooseFile('Open Run from File', editor.root, join(editor.root, NAME));
    await summary(`from the file ${NAME}`).waitFor();
    await output().waitFor();
    await summary(/fuel [\d,]+ of 500,000/).waitFor();
    assert.equal(await workbench.webview().locator('body').getAttribute('data-run'), runId);
    const labels = await workbench.webview().locator('.buttons button').allInnerTexts();
    assert.deepEqual(labels, ['Replay', 'Profile', 'Pin']);
    await workbench.screenshot('run-from-file');
  });

  it('is replayed and profiled by its own module', async () => {
    await button('Replay').click();
    await workbench.webview().locator('.notice', { hasText: 'Reproduced on this machine' }).waitFor();
    await button('Profile').click();
    await workbench.webview().locator('.flame .box').first().waitFor();
    await workbench.webview().locator('.profile td', { hasText: 'tasklets/local-dev.ts:' }).first().waitFor();
    // No stack was started for it.
    await workbench.welcome('Local stack', 'Start Local Stack').waitFor();
    await workbench.screenshot('run-from-file-profile');
  });

  it('is opened by a click on the file, without a tab, and is there after a reload', async () => {
    await workbench.page.keyboard.press('ControlOrMeta+P');
    const input = workbench.quickInput().locator('input.input');
    await input.fill(NAME);
    await workbench.quickInput().locator('.monaco-list-row', { hasText: NAME }).first().click();
    await workbench.webview().locator('.profile').waitFor({ state: 'hidden' });
    await workbench.until('no tab', async () =>
      (await workbench.page.locator('.tab').count()) === 0 ? true : undefined,
    );
    await summary(`from the file ${NAME}`).waitFor();
    assert.deepEqual(workbench.complaints, []);
    await workbench.reload();
    await summary(`from the file ${NAME}`).waitFor();
    await output().waitFor();
  });

  it('of a stranger that is none is refused with the reason, and changes nothing', async () => {
    const bundle = JSON.parse(await readFile(join(editor.root, NAME), 'utf8'));
    const evil = { ...bundle, record: { ...bundle.record, tasklet: '../../[x](command:evil)' } };
    await writeFile(join(editor.root, 'evil.grafos-run'), JSON.stringify(evil));
    await workbench.command('grafOS: Open Run from File…');
    await workbench.chooseFile('Open Run from File', editor.root, join(editor.root, 'evil.grafos-run'));
    const error = await workbench.until('the reason', async () => (await workbench.notifications('error'))[0]);
    assert.match(error, /evil\.grafos-run is not a run/);
    await summary(`from the file ${NAME}`).waitFor();
  });
});
