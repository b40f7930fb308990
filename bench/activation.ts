import { globSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { installEditor } from '../scripts/installEditor.ts';
import { packageFor } from '../scripts/package.ts';
import { programForEditor } from '../test/editor/support/programForEditor.ts';
import { installExtensions, startEditor } from '../test/editor/support/startEditor.ts';
import { Workbench } from '../test/editor/support/workbench.ts';
import { launchChromium } from '../test/helpers/chromium.ts';
import { temporaryFolder } from '../test/helpers/temporaryFolder.ts';

export interface Activation {
  /** The call of `activate` alone, as the extension's log has it, milliseconds. */
  call: number;
  /**
   * Time including the loading of the code, as "Show Running Extensions" of the editor has it,
   * milliseconds.
   */
  whole: number;
}

/**
 * Measures the activation of the packed extension in `windows` fresh editors, each with
 * `cookbook/local-dev` open.
 */
export async function activation(windows: number): Promise<Activation[]> {
  await using folder = await temporaryFolder('grafos-bench-');
  await installEditor((line) => console.log(line));
  const extensions = join(folder.path, 'extensions');
  await mkdir(extensions);
  await installExtensions(extensions, [await packageFor(`${process.platform}-${process.arch}`)]);
  const browser = await launchChromium();
  if (browser === undefined) throw new Error('The editor needs a browser to run in; set CHROMIUM to the path of one.');
  try {
    const taken: Activation[] = [];
    for (let window = 0; window < windows; window += 1) {
      await using program = await programForEditor('local-dev');
      await using editor = await startEditor({ extensions });
      await using workbench = await Workbench.open(browser, editor.url, program.root);
      await workbench.showGrafos();
      await workbench.row('Tasklets', 'local-dev').waitFor();
      const whole = await workbench.activationTime('grafOS');
      const call = await workbench.until('the log', () => loggedCall(join(editor.data, 'logs')));
      taken.push({ call, whole });
    }
    return taken;
  } finally {
    await browser.close();
  }
}

function loggedCall(logs: string): number | undefined {
  for (const file of globSync('**/grafOS.log', { cwd: logs })) {
    const milliseconds = /activated in ([\d.]+) ms/.exec(readFileSync(join(logs, file), 'utf8'))?.[1];
    if (milliseconds !== undefined) return Number(milliseconds);
  }
  return undefined;
}
