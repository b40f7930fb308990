import * as vscode from 'vscode';
import { afterWalkthrough } from './afterWalkthrough.ts';

/**
 * The picked item. The picker stays in sight until it is disposed of, or the next question takes
 * its place.
 */
export interface PickStep<T> extends Disposable {
  item: T;
}

/**
 * Asks the first of several questions.
 *
 * `showQuickPick` would close before the next question opens, and what had the focus before gets it
 * back meanwhile: the walkthrough takes it a moment later, and the next question has no focus.
 *
 * @returns undefined when the question was left
 */
export async function pickStep<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: { title: string; placeHolder: string },
): Promise<PickStep<T> | undefined> {
  await afterWalkthrough();
  const picker = vscode.window.createQuickPick<T>();
  picker.title = options.title;
  picker.placeholder = options.placeHolder;
  picker.matchOnDetail = true;
  picker.ignoreFocusOut = true;
  picker.items = items;
  const item = await new Promise<T | undefined>((resolve) => {
    picker.onDidAccept(() => {
      const [chosen] = picker.selectedItems;
      if (chosen === undefined) return;
      picker.busy = true;
      resolve(chosen);
    });
    picker.onDidHide(() => resolve(undefined));
    picker.show();
  });
  if (item === undefined) {
    picker.dispose();
    return undefined;
  }
  return { item, [Symbol.dispose]: () => picker.dispose() };
}
