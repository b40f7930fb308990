import { basename } from 'node:path';
import * as vscode from 'vscode';

/**
 * The folder of a program as people know it: its path in the workspace, or the name of the folder
 * where the program is a workspace folder itself.
 */
export function programName(root: string): string {
  const isFolder = vscode.workspace.workspaceFolders?.some(({ uri }) => uri.fsPath === root) === true;
  return isFolder ? basename(root) : vscode.workspace.asRelativePath(root);
}
