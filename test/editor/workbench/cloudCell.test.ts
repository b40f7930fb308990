import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { awsModelsMissing } from '../../fakeCloud/awsModel.ts';
import { debianMachinesMissing } from '../../fakeCloud/debianRoot.ts';
import { FakeCloud } from '../../fakeCloud/fakeCloud.ts';
import { CALLER_ADDRESS } from '../../fakeCloud/machineNetwork.ts';
import { systemdMachine } from '../../fakeCloud/systemdMachine.ts';
import { stepByStep } from '../../helpers/stepByStep.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';
import { type EditorForTests, editorForTests } from '../support/editorForTests.ts';
import type { Workbench } from '../support/workbench.ts';

const missing = debianMachinesMissing() ?? awsModelsMissing();
/** A machine that boots, and a bundle on its way to it, on a busy computer. */
const MADE_MS = 900_000;
/** A step that waits for the fake cloud, which lays out a machine in the meantime. */
const STEP_MS = 120_000;

describe(`a cell of one's own in the workbench${missing === undefined ? '' : ` (skipped: ${missing})`}`, function () {
  stepByStep(this);
  this.timeout(MADE_MS);
  const cleanup = new AsyncDisposableStack();
  let cloud: FakeCloud;
  let editor: EditorForTests;
  let workbench: Workbench;

  before(async function () {
    if (missing !== undefined) return this.skip();
    const home = cleanup.use(await temporaryFolder('grafos-laptop-'));
    cloud = cleanup.use(await FakeCloud.start({ startMachine: systemdMachine }));
    await writeFile(join(home.path, 'subject'), 'somebody');
    const env = Object.fromEntries(
      Object.entries({ ...cloud.environment, XDG_STATE_HOME: join(home.path, 'state') }).map(([name, value]) => [
        name,
        value ?? '',
      ]),
    );
    editor = cleanup.use(await editorForTests({ recipe: 'local-dev', env: () => env }));
    workbench = await editor.open(editor.root);
    await workbench.showGrafos();
  });

  after(() => cleanup.disposeAsync());

  afterEach(async function () {
    if (this.currentTest?.isFailed()) await workbench?.screenshot('failed-cloud-cell');
  });

  const rows = () => workbench.quickInput().locator('.monaco-list-row');
  const dialog = (text: string) => workbench.page.locator('.monaco-dialog-box', { hasText: text });
  const notification = (text: string | RegExp) =>
    workbench.page.locator('.notification-list-item', { hasText: text }).first();
  const stacks = () =>
    [...cloud.aws.stacks.all.values()].filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  async function answerQuestions(): Promise<void> {
    await workbench.answer('Name of the cell', 'edge');
    await workbench.answer('Region by the cloud', '');
    await workbench.answer('Address or network that may reach the cell', CALLER_ADDRESS);
  }

  it('is planned on a page, and nothing is made without a yes', async () => {
    await workbench.command('grafOS: Create Cell…');
    await rows().filter({ hasText: 'aws' }).click();
    await answerQuestions();
    const question = dialog('Create the cell edge at aws?');
    await question.waitFor({ timeout: STEP_MS });
    const page = workbench.webview();
    await page.getByRole('heading', { name: 'Cell edge of aws' }).waitFor();
    await page.getByText(`TCP port 7443, from ${CALLER_ADDRESS}/32, until the cell is destroyed`).waitFor();
    await page.getByText('AWS::EC2::Instance', { exact: false }).first().waitFor();
    await workbench.screenshot('create-cell-plan');
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'hidden' });
    assert.deepEqual(stacks(), []);
  });

  it('is made on the way to a deploy, also when that was cancelled half-way, and runs a tasklet', async () => {
    await workbench.row('Tasklets', 'local-dev').hover();
    await workbench.row('Tasklets', 'local-dev').getByRole('button', { name: 'Deploy to…' }).click();
    await rows()
      .filter({ hasText: /aws.*not set up/ })
      .click();
    // The input of the tasklet is asked for before the cell, as for every deploy.
    await rows()
      .filter({ hasText: /Create a Cell…|No input|None/ })
      .first()
      .waitFor();
    if ((await rows().filter({ hasText: 'Create a Cell…' }).count()) === 0)
      await workbench.page.keyboard.press('Enter');
    await rows().filter({ hasText: 'Create a Cell…' }).click();
    await answerQuestions();
    await dialog('Create the cell edge at aws?')
      .getByRole('button', { name: 'Create Cell' })
      .click({ timeout: STEP_MS });

    const making = notification('grafOS: making the cell edge at aws');
    await notification(/making the cell edge.*(IN_PROGRESS|COMPLETE)/s).waitFor({ timeout: STEP_MS });
    await workbench.screenshot('create-cell-progress');
    await making.getByRole('button', { name: 'Cancel' }).click();
    const half = notification('The cell edge at aws is half made');
    await half.waitFor({ timeout: STEP_MS });
    await workbench.screenshot('create-cell-half-made');
    await half.getByRole('button', { name: 'Go On' }).click();

    const confirm = dialog('Deploy local-dev to aws?');
    await confirm.waitFor({ timeout: MADE_MS });
    await confirm.getByRole('button', { name: 'Deploy', exact: true }).click();
    await workbench.row('Runs', /local-dev.*aws/).waitFor({ timeout: STEP_MS });
    const page = workbench.webview();
    await page.locator('.output .leaf', { hasText: '"ran_in": "local-dev"' }).waitFor();
    await workbench.screenshot('create-cell-run');
    assert.equal(stacks().length, 1, 'cancelling and going on makes no second one');
  });

  it('is listed with what it is, and its log is read through its API', async () => {
    await workbench.view('Cells').locator('.pane-header').click();
    const listed = workbench.row('Cells', /aws: edge.*deploys go here.*ready/);
    await listed.waitFor({ timeout: STEP_MS });
    await listed.hover();
    await workbench.screenshot('create-cell-listed');
    await listed.getByRole('button', { name: 'Show Log of Cell' }).click();
    await workbench.page.locator('.tab.active', { hasText: 'log-of-aws-edge.txt' }).waitFor();
    await workbench.page
      .locator('.view-line', { hasText: /submitRun.*allowed/ })
      .first()
      .waitFor();
    await workbench.screenshot('create-cell-log');
  });

  it('gets new certificates while it runs', async () => {
    await workbench.command('grafOS: Renew Certificates of Cell…');
    await rows().filter({ hasText: 'edge' }).click();
    await workbench.page
      .locator('.part.statusbar', { hasText: 'Cell edge is renewed until' })
      .waitFor({ timeout: STEP_MS });
    await workbench.screenshot('renewed-cell');
  });

  it('goes once its name was typed, and leaves nothing', async () => {
    await workbench.command('grafOS: Destroy Cell…');
    await rows().filter({ hasText: 'edge' }).click();
    const widget = workbench.page.locator('.quick-input-widget', { hasText: 'Destroy the Cell edge of aws' });
    await widget.waitFor();
    await widget.locator('input.input').fill('edg');
    await workbench.page.keyboard.press('Enter');
    await widget.getByText('Type edge.').waitFor();
    await workbench.screenshot('destroy-cell-typed');
    await widget.locator('input.input').fill('edge');
    await workbench.page.keyboard.press('Enter');
    await workbench.welcome('Cells', 'Create Cell…').waitFor({ timeout: MADE_MS });
    await workbench.screenshot('destroyed-cell');
    assert.deepEqual(stacks(), []);
    assert.deepEqual([...cloud.aws.resources.all.values()], []);
    assert.deepEqual(cloud.faults, []);
    assert.deepEqual(await workbench.notifications('error'), []);
    assert.deepEqual(workbench.complaints, []);
  });
});
