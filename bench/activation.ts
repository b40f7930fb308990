import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { programForEditor } from '../test/editor/support/programForEditor.ts';
import { startEditor } from '../test/editor/support/startEditor.ts';
import { Workbench } from '../test/editor/support/workbench.ts';

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
 *
 * @param extensions folder in which the packed extension is installed
 */
export async function activation(browser: Browser, extensions: string, windows: number): Promise<Activation[]> {
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
}

function loggedCall(logs: string): number | undefined {
  for (const file of globSync('**/grafOS.log', { cwd: logs })) {
    const milliseconds = /activated in ([\d.]+) ms/.exec(readFileSync(join(logs, file), 'utf8'))?.[1];
    if (milliseconds !== undefined) return Number(milliseconds);
  }
  return undefined;
}
