import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stepByStep } from '../../helpers/stepByStep.ts';
import { type EditorForTests, editorForTests } from '../support/editorForTests.ts';
import type { Workbench } from '../support/workbench.ts';

/** A tasklet with a line that no fixture reaches. */
const COVERED = `export function compute(input: Uint8Array): string {
  let sum = 0;
  for (let i = 0; i < 5; i++) {
    sum += input.length * i;
  }
  if (sum < 0) {
    throw new Error("less than nothing: " + sum.toString());
  }
  return sum.toString();
}
`;

/** One window, step by step; each step begins where the one before left. */
describe('fixtures in the Test Explorer', function () {
  stepByStep(this);
  let editor: EditorForTests;
  let workbench: Workbench;
  let expected: string;

  before(async () => {
    editor = await editorForTests({ recipe: 'local-dev' });
    expected = join(editor.root, 'fixtures/local-dev/json.expected.json');
    await writeFile(expected, '{"ran_in":"elsewhere","input_bytes":21}\n');
    workbench = await editor.open(editor.root);
    await workbench.showGrafos();
    await workbench.welcome('Local stack', 'Start Local Stack').click();
    await workbench.status('grafOS local stack: running').waitFor();
  });

  after(async () => {
    await editor[Symbol.asyncDispose]();
  });

  afterEach(async function () {
    if (this.currentTest?.isFailed())
      await workbench.screenshot(`failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
  });

  /** The failed case among the results of the last run. */
  const failed = () =>
    workbench.page.locator('.part.panel').getByRole('treeitem', { name: 'The output is another JSON' });

  it('have a mark beside compute, which runs them and shows what differs', async () => {
    await workbench.openFile('local-dev.ts');
    const mark = workbench.page.locator('.testing-run-glyph').first();
    await mark.waitFor();
    await mark.click();
    await failed().waitFor();
    await workbench.screenshot('test-failed');
  });

  it('accept the new output, and pass then', async () => {
    await failed().click();
    await workbench.screenshot('test-difference');
    await workbench.page.locator('.part.panel').getByText('Accept Output', { exact: true }).click();
    await workbench.page.locator('.statusbar-item', { hasText: 'Fixture json expects this output now' }).waitFor();
    assert.deepEqual(JSON.parse(await readFile(expected, 'utf8')), { ran_in: 'local-dev', input_bytes: 21 });
    assert.deepEqual(await workbench.notifications('error'), []);
  });

  it('cover the lines of the tasklet that they execute', async () => {
    const file = join(editor.root, 'tasklets/local-dev.ts');
    const before = await readFile(file, 'utf8');
    await writeFile(file, COVERED);
    await workbench.command('Test: Run All Tests with Coverage');
    await workbench.page.locator('.part.panel').getByText('Close Test Coverage').waitFor();
    const margin = workbench.page.locator('.monaco-editor .coverage-deco-gutter');
    await margin.and(workbench.page.locator('.coverage-deco-hit')).first().waitFor();
    await margin.and(workbench.page.locator('.coverage-deco-miss')).first().waitFor();
    await workbench.screenshot('test-coverage');
    await writeFile(file, before);
    assert.deepEqual(await workbench.notifications('error'), []);
  });
});
