import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { pickStep } from '../dialogs/pickStep.ts';

/** The folder that a new program is made in, and whether nothing is in it. */
export interface ParentFolder {
  path: string;
  isEmpty: boolean;
}

/**
 * Asks for the folder of a new program: a folder of the workspace, or another. Without a workspace
 * the editor's dialog for folders is shown at once.
 *
 * @param name name of a folder that would be made, for the labels
 * @returns undefined when the question was left
 */
export async function chooseParentFolder(title: string, name: string): Promise<ParentFolder | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (folders.length === 0) return otherFolder();
  const items = await Promise.all(
    folders.map(async ({ uri, name: folder }) => {
      const parent = await parentFolder(uri);
      return {
        label: `$(folder) ${parent.isEmpty ? folder : `${folder}/${name}`}`,
        detail: placeOf(parent, name),
        parent,
      };
    }),
  );
  const other = { label: vscode.l10n.t('$(folder-opened) Another Folder…'), parent: undefined };
  using picked = await pickStep<{ label: string; detail?: string; parent: ParentFolder | undefined }>(
    [...items, other],
    { title, placeHolder: vscode.l10n.t('Choose where it is made') },
  );
  return picked?.item === other ? await otherFolder() : picked?.item.parent;
}

/** Asks for a folder by the editor's dialog. */
export async function otherFolder(): Promise<ParentFolder | undefined> {
  const [chosen] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Where the Program is Made'),
      openLabel: vscode.l10n.t('Choose Folder'),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return chosen && parentFolder(chosen);
}

export async function parentFolder({ fsPath }: vscode.Uri): Promise<ParentFolder> {
  return { path: fsPath, isEmpty: (await readdir(fsPath)).length === 0 };
}

/** Absolute path of the program: the parent itself where it is empty, else a folder in it. */
export function placeOf({ path, isEmpty }: ParentFolder, name: string): string {
  return isEmpty ? path : join(path, name);
}
