import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { AnswerStore } from '../deploy/answers.ts';

/** The purpose of a dialog. Each begins at the folder that was used last for it. */
export type PathPurpose = 'cell' | 'input' | 'artifacts' | 'run';

/**
 * Asks for a file or folder. The dialog begins at the folder that was used last for the purpose.
 *
 * @param first absolute path of the folder that the first dialog begins at
 * @returns its absolute path; undefined when the dialog was left
 */
export async function pickPath(
  store: AnswerStore,
  purpose: PathPurpose,
  first: string,
  options: vscode.OpenDialogOptions,
): Promise<string | undefined> {
  const [chosen] =
    (await vscode.window.showOpenDialog({
      canSelectMany: false,
      ...options,
      defaultUri: vscode.Uri.file(store.get<string>(keyOf(purpose)) ?? first),
    })) ?? [];
  if (chosen === undefined) return undefined;
  const folder = options.canSelectFolders === true ? chosen.fsPath : dirname(chosen.fsPath);
  await store.update(keyOf(purpose), folder);
  return chosen.fsPath;
}

function keyOf(purpose: PathPurpose): string {
  return `folder:${purpose}`;
}
