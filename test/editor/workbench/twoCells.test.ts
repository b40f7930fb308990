import assert from 'node:assert/strict';
import { join } from 'node:path';
import { confirmCell } from '../../../toolchain/confirm/cellConfirmation.ts';
import { addCloudCell } from '../../../toolchain/deploy/cloudCells.ts';
import { connectTarget } from '../../../toolchain/deploy/connectTarget.ts';
import { directTarget } from '../../../toolchain/deploy/resolveProvider.ts';
import { networkNamespacesMissing } from '../../helpers/networkNamespace.ts';
import { type SecondCell, secondCell } from '../../helpers/secondCell.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';
import { type EditorForTests, editorForTests } from '../support/editorForTests.ts';
import type { Workbench } from '../support/workbench.ts';

const missing = networkNamespacesMissing();
const { signal } = new AbortController();

describe(`two cells of one provider in the workbench${missing === undefined ? '' : ` (skipped: ${missing})`}`, function () {
  this.timeout(240_000);
  const cleanup = new AsyncDisposableStack();
  let stateBefore: string | undefined;
  let cells: Record<'eu' | 'us', SecondCell>;
  let editor: EditorForTests;
  let workbench: Workbench;

  before(async function () {
    if (missing !== undefined) return this.skip();
    const home = cleanup.use(await temporaryFolder('grafos-laptop-'));
    const state = join(home.path, 'state');
    stateBefore = process.env.XDG_STATE_HOME;
    process.env.XDG_STATE_HOME = state;
    const [eu, us] = await Promise.all([secondCell('aws', 'eu-central-1'), secondCell('aws', 'us-east-1')]);
    cells = { eu: cleanup.use(eu), us: cleanup.use(us) };
    editor = cleanup.use(await editorForTests({ recipe: 'local-dev', env: () => ({ XDG_STATE_HOME: state }) }));
    for (const name of ['us', 'eu'] as const) {
      const { url, tenant, ca, tenantCert, tenantKey } = cells[name];
      const entry = {
        scheduler_url: url,
        tenant_name: tenant,
        ca_cert: ca,
        tenant_cert: tenantCert,
        tenant_key: tenantKey,
        name,
      };
      await addCloudCell(editor.root, 'aws', entry);
      await confirmCell(editor.root, 'aws', entry, true);
    }
    workbench = await editor.open(editor.root);
    await workbench.showGrafos();
  });

  after(async () => {
    if (stateBefore === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = stateBefore;
    await cleanup.disposeAsync();
  });

  afterEach(async function () {
    if (this.currentTest?.isFailed()) await workbench?.screenshot('failed-two-cells');
  });

  it('are rows of their own with region and state, and the chosen one gets the run', async () => {
    await workbench.row('Tasklets', 'local-dev').hover();
    await workbench.row('Tasklets', 'local-dev').getByRole('button', { name: 'Deploy to…' }).click();
    const row = (text: RegExp) => workbench.quickInput().locator('.monaco-list-row', { hasText: text });
    // The one that was added last is at the head of the list.
    await row(/aws: eu.*ready · eu-central-1 · taken unless another is chosen/).waitFor();
    const other = row(/aws: us.*ready · us-east-1/);
    await other.waitFor();
    assert.doesNotMatch((await other.textContent()) ?? '', /taken unless/);
    await workbench.screenshot('deploy-to-one-of-two');
    await other.click();
    // The input of the first deploy is a question; the next one takes the same.
    await row(/No input/).click();
    await workbench.row('Runs', /local-dev.*aws/).waitFor();
    const page = workbench.webview();
    await page.locator('.output .leaf', { hasText: '"ran_in": "local-dev"' }).waitFor();
    assert.deepEqual([await runsOf(cells.eu), await runsOf(cells.us)], [[], ['local-dev']]);

    // It is the preferred one from now on, and without a name the run goes to it.
    await workbench.row('Tasklets', 'local-dev').hover();
    await workbench.row('Tasklets', 'local-dev').getByRole('button', { name: 'Deploy to…' }).click();
    await row(/aws: us.*ready · us-east-1 · taken unless another is chosen/).waitFor();
    await row(/aws: eu.*ready · eu-central-1/).click();
    await workbench
      .row('Runs', /local-dev.*aws/)
      .nth(1)
      .waitFor();
    assert.deepEqual([await runsOf(cells.eu), await runsOf(cells.us)], [['local-dev'], ['local-dev']]);
    assert.deepEqual(await workbench.notifications('error'), []);
    assert.deepEqual(workbench.complaints, []);
  });
});

/** The tasklets that a cell has run. */
async function runsOf({ url, ca, tenantCert, tenantKey, tenant }: SecondCell): Promise<string[]> {
  const target = await directTarget(url, { ca, cert: tenantCert, key: tenantKey }, tenant);
  using client = await connectTarget(target, signal);
  return (await client.listRuns({}, { signal })).map(({ tasklet }) => tasklet);
}
