import * as vscode from 'vscode';
import { SCHEMES } from '../ids.ts';

/** Texts of the pages that were shown in this window, by the path of their address. */
const texts = new Map<string, string>();
const changed = new vscode.EventEmitter<vscode.Uri>();

/** Pages that the extension writes, as read-only documents. */
export function pageDocuments(): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(SCHEMES.page, {
    onDidChange: changed.event,
    provideTextDocumentContent: ({ path }) => texts.get(path) ?? vscode.l10n.t('This page is of an earlier window.'),
  });
}

/**
 * Shows a page, and replaces the one of the same name.
 *
 * @param name file name; `.md` is shown as Markdown
 */
export async function showPage(name: string, text: string): Promise<void> {
  const uri = vscode.Uri.from({ scheme: SCHEMES.page, path: `/${name}` });
  texts.set(uri.path, text);
  changed.fire(uri);
  if (name.endsWith('.md')) {
    await vscode.commands.executeCommand('markdown.showPreview', uri);
    return;
  }
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: true });
}
