import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { contrastOf } from '../support/contrastOf.ts';
import { type EditorForTests, editorForTests } from '../support/editorForTests.ts';
import type { Workbench } from '../support/workbench.ts';

const THEMES = [
  ['dark', 'Dark Modern', 'vs-dark'],
  ['light', 'Light Modern', 'vs'],
  ['high-contrast', 'Default High Contrast', 'hc-black'],
  ['high-contrast-light', 'Default High Contrast Light', 'hc-light'],
] as const;

/** Contrast that text must have (WCAG 2.2, 1.4.3). */
const CONTRAST_MIN = 4.5;

/** The look of a button but for its text. Runs in the page, as the colours of contrastOf do. */
const lookOf = new Function(
  'one',
  `const { backgroundColor, boxShadow } = getComputedStyle(one);
  return backgroundColor + (boxShadow.startsWith('rgba(0, 0, 0, 0)') ? 'none' : boxShadow);`,
) as (one: unknown) => string;

describe('the Run panel in every theme', () => {
  let editor: EditorForTests;
  let workbench: Workbench;

  before(async () => {
    editor = await editorForTests({ recipe: 'local-dev' });
    const grafos = join(import.meta.dirname, '../../../bin/grafos.cjs');
    for (const args of [
      ['tasklet', 'build'],
      ['dev', 'up'],
    ])
      await promisify(execFile)(process.execPath, [grafos, ...args], { cwd: editor.root });
    workbench = await editor.open(editor.root);
    await workbench.showGrafos();
    await workbench.openFile('local-dev.ts');
    await workbench.page.locator('.codelens-decoration a', { hasText: 'Run' }).first().click();
    await workbench.quickInput().locator('.monaco-list-row', { hasText: 'No input' }).click();
    await workbench.webview().locator('.output .leaf', { hasText: '"ran_in": "local-dev"' }).waitFor();
  });

  after(async () => {
    await editor[Symbol.asyncDispose]();
  });

  for (const [name, theme, kind] of THEMES) {
    it(`is to be read in ${name}`, async () => {
      await editor.setSettings({ 'workbench.colorTheme': theme });
      await workbench.reload();
      const window = workbench.page.locator(`.monaco-workbench.${kind}`);
      await workbench.until(name, async () => ((await window.isVisible()) ? true : undefined));
      const again = workbench.status('grafOS local stack: running');
      await workbench.until('the stack again', async () => ((await again.isVisible()) ? true : undefined));
      await workbench.webview().locator('.output .leaf', { hasText: '"ran_in": "local-dev"' }).waitFor();
      const page = workbench.webview();
      await page
        .locator(`body.${kind === 'vs' ? 'vscode-light' : kind === 'vs-dark' ? 'vscode-dark' : 'vscode-high-contrast'}`)
        .waitFor();
      await page.locator('summary', { hasText: 'Details' }).click();
      const texts = page.locator(
        'h1, h2, .state, .summary, .quiet, dt, dd, button, textarea, .leaf .name, .leaf .value, a',
      );
      let count = 0;
      for (const text of await texts.all()) {
        if (!(await text.isVisible())) continue;
        const { contrast, what } = await contrastOf(text);
        assert.ok(contrast >= CONTRAST_MIN, `${what}: ${contrast.toFixed(2)}`);
        count += 1;
      }
      assert.ok(count > 15, `${count} texts`);
      const [chosen, other] = await Promise.all(
        ['true', 'false'].map((pressed) => page.locator(`button[aria-pressed="${pressed}"]`).first().evaluate(lookOf)),
      );
      assert.notEqual(chosen, other, 'the chosen form of the output looks like the others');
      await workbench.screenshot(`run-panel-${name}`);
    });
  }
});
