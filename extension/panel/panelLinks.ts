import * as vscode from 'vscode';
import { notice } from '../dialogs/notice.ts';
import { fileOfPlace } from '../places/fileOfPlace.ts';
import type { FileRun } from '../runs/fileRun.ts';
import type { ShownRun } from '../runs/shownRun.ts';
import { pictureType, textOf } from './outputKind.ts';

export async function copyOutput(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) Output copied'), 3_000);
}

/**
 * Opens the place in a file of the program.
 *
 * @param root absolute path of the program's folder
 */
export async function showPlace(root: string, place: { file: string; line: number; column: number }): Promise<void> {
  const file = fileOfPlace(root, place.file);
  if (file === undefined) {
    void notice('information', vscode.l10n.t('{0} is no file of this program.', place.file));
    return;
  }
  const at = new vscode.Position(Math.max(0, place.line - 1), Math.max(0, place.column - 1));
  try {
    await vscode.window.showTextDocument(vscode.Uri.file(file), { selection: new vscode.Range(at, at) });
  } catch {
    void notice('information', vscode.l10n.t('{0} is not there any more.', place.file));
  }
}

/**
 * Asks for a file and writes the whole output to it.
 *
 * @param folder absolute path of the folder that the dialog begins at
 */
export async function saveOutput(folder: string, { run, parts }: ShownRun | FileRun): Promise<void> {
  const output = parts?.output;
  if (output === null || output === undefined) return;
  const name = `${run.tasklet}-${run.run_id.slice(0, 8)}.${endingOf(output)}`;
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Save Output'),
    defaultUri: vscode.Uri.joinPath(vscode.Uri.file(folder), name),
  });
  if (uri !== undefined) await vscode.workspace.fs.writeFile(uri, output);
}

function endingOf(output: Uint8Array): string {
  const picture = pictureType(output);
  if (picture !== null) return picture === 'image/jpeg' ? 'jpg' : picture.slice('image/'.length);
  const text = textOf(output);
  if (text === null) return 'bin';
  try {
    JSON.parse(text);
    return 'json';
  } catch {
    return 'txt';
  }
}
