import * as vscode from 'vscode';

/** Shows in the head of a view that something goes on there, without a word and without a notification. */
export function withViewProgress<T>(viewId: string, work: () => Promise<T>): Promise<T> {
  return Promise.resolve(vscode.window.withProgress({ location: { viewId } }, work));
}
