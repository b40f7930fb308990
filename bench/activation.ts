import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { installEditor } from '../scripts/installEditor.ts';
import { packageFor } from '../scripts/package.ts';
import { programForEditor } from '../test/editor/support/programForEditor.ts';
import { installExtensions, startEditor } from '../test/editor/support/startEditor.ts';
import { Workbench } from '../test/editor/support/workbench.ts';
import { launchChromium } from '../test/helpers/chromium.ts';
import { temporaryFolder } from '../test/helpers/temporaryFolder.ts';

/**
 * How long the packed extension takes to load and activate in the extension host of a fresh editor with `cookbook/local-dev` open,
 * milliseconds, one for each of `windows` editors: what the editor itself shows under "Show Running Extensions".
 */
export async function activation(windows: number): Promise<number[]> {
  await using folder = await temporaryFolder('grafos-bench-');
  await installEditor((line) => console.log(line));
  const extensions = join(folder.path, 'extensions');
  await mkdir(extensions);
  await installExtensions(extensions, [await packageFor(`${process.platform}-${process.arch}`)]);
  const browser = await launchChromium();
  if (browser === undefined) throw new Error('The editor needs a browser to run in; set CHROMIUM to the path of one.');
  try {
    const taken: number[] = [];
    for (let window = 0; window < windows; window += 1) {
      await using program = await programForEditor('local-dev');
      await using editor = await startEditor({ extensions });
      await using workbench = await Workbench.open(browser, editor.url, program.root);
      await workbench.showGrafos();
      await workbench.row('Tasklets', 'local-dev').waitFor();
      taken.push(await workbench.activationTime('grafOS'));
    }
    return taken;
  } finally {
    await browser.close();
  }
}
