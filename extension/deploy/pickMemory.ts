import * as vscode from 'vscode';
import type { Tasklet } from '../../program/manifest.ts';
import { formatSize, parseSize, sizeText } from '../../program/size.ts';

/**
 * Asks for the bytes of fabric memory to lease for a run.
 *
 * @param capacity the cell's, where it is known
 * @returns undefined when the box is left
 */
export async function pickMemory(
  tasklet: Tasklet,
  given: { value?: number | undefined; capacity?: number | undefined },
): Promise<number | undefined> {
  const { value = tasklet.mem_bytes, capacity } = given;
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Fabric memory of {0}', tasklet.name),
    prompt: vscode.l10n.t(
      'A size such as 32KiB; 0 for none. The manifest says {0}.{1}',
      sizeText(tasklet.mem_bytes),
      capacity === undefined ? '' : ` ${vscode.l10n.t('The cell has {0}.', formatSize(capacity))}`,
    ),
    value: sizeText(value),
    ignoreFocusOut: true,
    validateInput: (typed) => {
      const bytes = parseSize(typed);
      if (bytes === null) return vscode.l10n.t('This is no size. Give one such as 32KiB.');
      return capacity !== undefined && bytes > capacity
        ? vscode.l10n.t('The cell has only {0} of fabric memory.', formatSize(capacity))
        : undefined;
    },
  });
  return text === undefined ? undefined : (parseSize(text) ?? undefined);
}
