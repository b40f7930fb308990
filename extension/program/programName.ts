import { basename, isAbsolute } from 'node:path';
import * as vscode from 'vscode';

/**
 * The folder of a program as people know it: its path in the workspace, or the name of the
 * workspace folder where the program is one itself. It is never an absolute path.
 */
export function programName(root: string): string {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file' && uri.fsPath === root);
  if (folder !== undefined) return folder.name;
  const path = vscode.workspace.asRelativePath(root);
  return isAbsolute(path) ? basename(root) : path;
}
