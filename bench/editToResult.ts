import { setTimeout } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { programForEditor } from '../test/editor/support/programForEditor.ts';
import { startEditor } from '../test/editor/support/startEditor.ts';
import { Workbench } from '../test/editor/support/workbench.ts';
import { median } from '../test/helpers/measure.ts';

/** Median times from a key or click to the output in the Run panel, milliseconds. */
interface EditToResult {
  /** The source was edited; the time begins with the key that saves it. */
  edited: number;
  /** Nothing was edited; the time begins with the click on Run. */
  unedited: number;
}

/**
 * Resolves with the time at which the panel shows the output of another run than `before`. It runs
 * in the page, whose library this file is not checked against.
 */
const shownAt = new Function(
  'body',
  'before',
  `return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('the panel showed no output within two minutes')), 120_000);
    const look = () => {
      const { run = '' } = body.dataset;
      const isShown = run !== before && !run.startsWith('job') && body.querySelector('.output .leaf') !== null;
      if (isShown && body.querySelector('.state')?.textContent.includes('succeeded')) resolve(Date.now());
      else if (isShown && body.querySelector('.state.failed') !== null) reject(new Error('the run failed'));
    };
    new MutationObserver(look).observe(body, { subtree: true, childList: true, attributes: true, characterData: true });
    look();
  });`,
) as (body: unknown, before: string | null) => Promise<number>;

/**
 * Runs a copy of `cookbook/local-dev` in a window of the editor, each round once with an edit and
 * once without.
 *
 * @param extensions folder in which the packed extension is installed
 */
export async function editToResult(browser: Browser, extensions: string, rounds: number): Promise<EditToResult> {
  await using program = await programForEditor('local-dev');
  await using editor = await startEditor({ extensions });
  await using workbench = await Workbench.open(browser, editor.url, program.root);
  const { keyboard } = workbench.page;
  await workbench.showGrafos();
  await workbench.welcome('Local stack', 'Start Local Stack').click();
  await workbench.status('grafOS local stack: running').waitFor();
  await workbench.openFile('local-dev.ts');
  const lens = workbench.page.locator('.codelens-decoration a', { hasText: 'Run' }).first();
  const body = () => workbench.webview().locator('body');
  await lens.click();
  await workbench.quickInput().locator('.monaco-list-row', { hasText: 'No input' }).click();
  await inFrame(() => workbench.webview().locator('.output .leaf').first().waitFor());
  const shownRun = () => inFrame(() => body().getAttribute('data-run'));
  const once = async (begin: () => Promise<void>): Promise<number> => {
    const before = await shownRun();
    const shown = inFrame(() => body().evaluate(shownAt, before));
    const begun = Date.now();
    // All at once: a wait that fails first must not fail without a listener.
    const [at] = await Promise.all([shown, begin().then(() => lens.click())]);
    return at - begun;
  };
  const edited: number[] = [];
  const unedited: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    await workbench.page.locator('.monaco-editor .view-line').first().click();
    await keyboard.press('ControlOrMeta+End');
    // The edit adds code: a comment would give the same module.
    await keyboard.insertText(`\nexport function edit${round}(): i32 { return ${round}; }\n`);
    edited.push(await once(() => keyboard.press('ControlOrMeta+S')));
    unedited.push(await once(async () => {}));
  }
  return { edited: median(edited), unedited: median(unedited) };
}

/** Errors of asking a page whose frame the editor is replacing. */
const REPLACED = /detached|context was destroyed|Cannot find context|does not belong to the document/;
/** Time in which a new frame must come, milliseconds. */
const FRAME_MS = 60_000;
/** Time between two looks for it, milliseconds. */
const LOOK_MS = 20;

/**
 * Asks the page of a view. The editor replaces its frame at times; then the new frame is asked.
 *
 * @throws {Error} any other error, and the last one where no frame stays
 */
async function inFrame<T>(ask: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + FRAME_MS; ; await setTimeout(LOOK_MS)) {
    try {
      return await ask();
    } catch (error) {
      if (!REPLACED.test(String(error)) || performance.now() > deadline) throw error;
    }
  }
}
