import assert from 'node:assert/strict';
import * as vscode from 'vscode';

/** A file of the program that is open. */
export function inProgram(path: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'no folder is open');
  return vscode.Uri.joinPath(folder.uri, path);
}

/** The document, shown, and its text as it was put back when the test ends. */
export async function show(path: string): Promise<vscode.TextEditor> {
  return await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(inProgram(path)));
}

export async function replaceAll(editor: vscode.TextEditor, text: string): Promise<void> {
  const { document } = editor;
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  assert.ok(await editor.edit((edit) => edit.replace(whole, text)), 'the edit was refused');
}

/** Codes of the findings the editor shows for the file. */
export function codesAt(uri: vscode.Uri): string[] {
  return vscode.languages
    .getDiagnostics(uri)
    .filter(({ source }) => source === 'grafos')
    .map(({ code }) => String(typeof code === 'object' ? code.value : code));
}
