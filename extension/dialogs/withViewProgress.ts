import * as vscode from 'vscode';

/**
 * Shows a progress bar in the head of a view while the work goes on. There is no text and no
 * notification.
 */
export function withViewProgress<T>(viewId: string, work: () => Promise<T>): Promise<T> {
  return Promise.resolve(vscode.window.withProgress({ location: { viewId } }, work));
}
