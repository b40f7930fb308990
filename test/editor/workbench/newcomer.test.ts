import assert from 'node:assert/strict';
import { copyFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { networkNamespacesMissing } from '../../helpers/networkNamespace.ts';
import { secondCell } from '../../helpers/secondCell.ts';
import { stepByStep } from '../../helpers/stepByStep.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';
import { type EditorForTests, editorForTests } from '../support/editorForTests.ts';
import type { Workbench } from '../support/workbench.ts';

const missing = networkNamespacesMissing();

/**
 * One person, one window, step by step, by keyboard and mouse alone; each step begins where the one
 * before left.
 */
describe('a newcomer in the workbench', function () {
  stepByStep(this);
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
    await workbench.screenshot('welcome');
    await workbench.welcome('Local stack', 'Start Local Stack').click();
    await workbench.row('Local stack', 'fabricbiosd').waitFor();
    await workbench.row('Local stack', 'scheduler').waitFor();
    await workbench.row('Local stack', 'helper').waitFor();
    await workbench.status('grafOS local stack: running').waitFor();
    await workbench.screenshot('stack-running');
  });

  it('makes a mistake in compute and sees what is wrong, with its code', async () => {
    await workbench.openFile('local-dev.ts');
    await workbench.page.locator('.view-line', { hasText: 'export function compute' }).click();
    await workbench.page.keyboard.press('End');
    await workbench.page.keyboard.press('Enter');
    await workbench.page.keyboard.type('console.log("called");');
    await workbench.page.locator('.squiggly-error').first().waitFor();
    await workbench.command('Problems: Focus on Problems View');
    const problem = workbench.page.locator('.markers-panel .monaco-list-row', { hasText: 'GRF2108' });
    await problem.waitFor();
    assert.match((await problem.textContent()) ?? '', /a cell has none/);
    await workbench.row('Tasklets', /local-dev.*1 problem/).waitFor();
    await workbench.screenshot('problem');
  });

  it('applies the quick fix, and nothing is wrong any more', async () => {
    await workbench.page
      .locator('.view-line', { hasText: 'console.log' })
      .locator('span', { hasText: 'log' })
      .last()
      .click();
    await workbench.page.keyboard.press('ControlOrMeta+.');
    const fix = workbench.page.locator('.action-widget .monaco-list-row', { hasText: 'Use log.info of grafos-std' });
    await fix.waitFor();
    await workbench.screenshot('quick-fix');
    await fix.click();
    await workbench.page.locator('.view-line', { hasText: 'log.info("called")' }).waitFor();
    await workbench.page.locator('.squiggly-error').first().waitFor({ state: 'detached' });
    await workbench.page.locator('.view-line', { hasText: 'import { log } from' }).waitFor();
    await workbench.page.keyboard.press('ControlOrMeta+S');
    await workbench.page.locator('.tab.active:not(.dirty)', { hasText: 'local-dev.ts' }).waitFor();
  });

  it('runs it by the code lens and reads the output and the log', async () => {
    const lens = workbench.page.locator('.codelens-decoration a', { hasText: 'Run' }).first();
    await lens.waitFor();
    await workbench.screenshot('code-lens');
    await lens.click();
    // Nothing is known of this tasklet yet: what to run it on is asked once.
    await workbench.quickInput().locator('.monaco-list-row', { hasText: 'No input' }).click();
    await workbench.row('Runs', 'local-dev').waitFor();
    const page = workbench.webview();
    await page.locator('.output .leaf', { hasText: '"ran_in": "local-dev"' }).waitFor();
    await page.locator('.log pre', { hasText: 'called' }).waitFor();
    await page.getByText('succeeded').first().waitFor();
    await workbench.screenshot('run-panel');
  });

  it('profiles the run and sees where its fuel went', async () => {
    const page = workbench.webview();
    await page.getByRole('button', { name: 'Profile' }).click();
    await page.locator('td', { hasText: '_grafos_tasklet_run' }).first().waitFor();
    await page.getByText('.speedscope.json').waitFor();
    await workbench.screenshot('run-panel-profile');
  });

  const skipped = missing === undefined ? '' : ` (skipped: ${missing})`;
  it(`deploys it to aws, on a cell of another host that is added on the way, and reads its result${skipped}`, async function () {
    if (missing !== undefined) this.skip();
    await using cell = await secondCell('aws', 'eu-central-1');
    // The user's own copies, which stay when the cell is gone.
    await using own = await temporaryFolder('grafos-trust-');
    const copy = async (file: string) => {
      const to = join(own.path, basename(file));
      await copyFile(file, to);
      return to;
    };
    const [ca, cert, key] = [await copy(cell.ca), await copy(cell.tenantCert), await copy(cell.tenantKey)];
    await workbench.row('Tasklets', 'local-dev').hover();
    await workbench.row('Tasklets', 'local-dev').getByRole('button', { name: 'Deploy to…' }).click();
    const offers = workbench.quickInput().locator('.monaco-list-row');
    await offers.filter({ hasText: /local.*running/ }).waitFor();
    await offers.filter({ hasText: /gcp.*not set up/ }).waitFor();
    await workbench.screenshot('deploy-to');
    await offers.filter({ hasText: /aws.*not set up/ }).click();

    const choice = workbench.quickInput().locator('.monaco-list-row');
    await choice.filter({ hasText: 'Create a Cell…' }).waitFor();
    await workbench.screenshot('create-or-add-cell');
    await choice.filter({ hasText: 'Add a Running Cell…' }).click();
    await workbench.answer('Add a Cell of aws', cell.url);
    await workbench.answer('The tenant that your certificate was issued for', cell.tenant);
    await workbench.chooseFile('Choose the CA Certificate', editor.root, ca);
    // Each dialog begins where the one before ended.
    await workbench.chooseFile('Choose the Tenant Certificate', own.path, cert);
    await workbench.chooseFile('Choose the Key of the Certificate', own.path, key);
    await workbench.quickInput().locator('.monaco-list-row', { hasText: 'Copy it into the secret storage' }).click();
    const confirm = workbench.page.locator('.monaco-dialog-box', { hasText: 'Deploy local-dev to aws?' });
    await confirm.waitFor();
    await workbench.screenshot('confirm-cloud');
    await confirm.getByRole('button', { name: 'Deploy', exact: true }).click();

    await workbench.row('Runs', /local-dev.*aws/).waitFor();
    const page = workbench.webview();
    await page.locator('.summary', { hasText: /^aws · .* [mµ]s · fuel [\d,]+ of 500,000/ }).waitFor();
    await page.locator('.output .leaf', { hasText: '"ran_in": "local-dev"' }).waitFor();
    await workbench.screenshot('run-panel-aws');

    const [stored] = JSON.parse(await readFile(join(editor.root, '.grafos/cloud/aws-cells.json'), 'utf8'));
    assert.match(stored.tenant_key, /^secret:/);

    // The second time nothing is asked: the cell is known, and so is the answer.
    await workbench.row('Tasklets', 'local-dev').hover();
    await workbench.row('Tasklets', 'local-dev').getByRole('button', { name: 'Deploy to…' }).click();
    await offers.filter({ hasText: /aws.*aws-eu-central-1-1/ }).waitFor();
    assert.match((await offers.first().textContent()) ?? '', /aws/, 'the provider used last comes first');
    await workbench.page.keyboard.press('Enter');
    await workbench.row('Runs', /aws/).nth(1).waitFor();

    // The cell is listed with what it is, and can be removed.
    await workbench.view('Cells').locator('.pane-header').click();
    const listed = workbench.row('Cells', /aws.*aws-eu-central-1-1.*ready/);
    await listed.waitFor();
    await workbench.screenshot('cells');

    // A cell that does not answer is said to be so, and choosing it deploys nothing.
    await cell[Symbol.asyncDispose]();
    await workbench.row('Tasklets', 'local-dev').hover();
    await workbench.row('Tasklets', 'local-dev').getByRole('button', { name: 'Deploy to…' }).click();
    const silent = offers.filter({ hasText: /aws.*not ready.*Cannot be used now/ });
    await silent.waitFor();
    await silent.click();
    await silent.waitFor();
    await workbench.screenshot('deploy-to-silent');
    await workbench.page.keyboard.press('Escape');
    await workbench.quickInput().waitFor({ state: 'hidden' });
    await listed.hover();
    await listed.getByRole('button', { name: 'Remove Provider Cell…' }).click();
    const question = workbench.page.locator('.monaco-dialog-box', { hasText: 'Remove the cell of aws at' });
    await question.getByRole('button', { name: 'Remove', exact: true }).click();
    await workbench.welcome('Cells', 'Add Provider Cell…').waitFor();
    assert.deepEqual(JSON.parse(await readFile(join(editor.root, '.grafos/cloud/aws-cells.json'), 'utf8')), []);
  });

  it('opens the dashboard, which the editor shows under an address of its own', async () => {
    const opening = workbench.page.context().waitForEvent('page');
    await workbench.command('grafOS: Open Dashboard');
    const dashboard = await opening;
    await dashboard.getByRole('button', { name: 'Run local-dev' }).waitFor();
    assert.match(dashboard.url(), /\/proxy\/\d+\/$/, 'another address than the helper’s, and no bearer in it');
    await dashboard.close();
  });

  it('stops the stack, and nothing went wrong on the way', async () => {
    await workbench.command('grafOS: Stop Local Stack');
    await workbench.welcome('Local stack', 'Start Local Stack').waitFor();
    await assert.rejects(readFile(join(editor.root, '.grafos/dev/dev.json')), { code: 'ENOENT' });
    assert.deepEqual(await workbench.notifications('error'), []);
    assert.deepEqual(workbench.complaints, []);
  });
});
