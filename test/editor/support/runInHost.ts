import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launchChromium } from '../../helpers/chromium.ts';
import type { HostReport } from '../host/runSuite.ts';
import { packTestExtension } from './packTestExtension.ts';
import { programForEditor } from './programForEditor.ts';
import { installExtensions, startEditor } from './startEditor.ts';
import { Workbench } from './workbench.ts';

const companion = join(import.meta.dirname, '..', 'companion');

/**
 * Runs the compiled suite in the extension host of a real editor, beside the packed extension.
 * @throws {Error} when the host never answers, or the suite itself cannot be loaded
 */
export async function runInHost(vsix: string, suite: string): Promise<HostReport> {
  await using program = await programForEditor('local-dev');
  const extensions = join(program.root, '..', 'extensions');
  const companionVsix = join(program.root, '..', 'companion.vsix');
  await packTestExtension(companion, companionVsix);
  await installExtensions(extensions, [vsix, companionVsix]);
  const report = join(program.root, '..', 'report.json');
  await using editor = await startEditor({
    extensions,
    env: { GRAFOS_EDITOR_SUITE: suite, GRAFOS_EDITOR_REPORT: report },
  });
  const browser = await launchChromium();
  if (browser === undefined) throw new Error('The editor needs a browser to run in; set CHROMIUM to the path of one.');
  try {
    const answered = fileAppears(join(program.root, '..'), report, 300_000);
    await Workbench.open(browser, editor.url, program.root);
    await answered;
  } finally {
    await browser.close();
  }
  const result: HostReport & { crash?: string } = JSON.parse(await readFile(report, 'utf8'));
  if (result.crash !== undefined) throw new Error(`the suite could not run: ${result.crash}`);
  return result;
}

function fileAppears(folder: string, path: string, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const name = path.slice(folder.length + 1);
    const watcher = watch(folder, (_, changed) => {
      if (changed === name) end(resolve);
    });
    const deadline = setTimeout(() => end(() => reject(new Error(`the suite did not end within ${ms} ms`))), ms);
    function end(then: () => void) {
      clearTimeout(deadline);
      watcher.close();
      then();
    }
  });
}
