import * as vscode from 'vscode';
import { GrafosError } from '../../base/grafosError.ts';
import { noticeText } from '../shown/noticeText.ts';

/**
 * Shows that work goes on, with a button that ends it. `work` gets the signal that the button
 * aborts.
 *
 * @throws the error of `work`
 */
export function withProgress<T>(
  title: string,
  work: (signal: AbortSignal, report: (text: string) => void) => Promise<T>,
): Promise<T> {
  const progress = vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: noticeText(title), cancellable: true },
    async (progress, token) => {
      const abort = new AbortController();
      const stop = () => abort.abort(new GrafosError('interrupted', 'Interrupted.'));
      if (token.isCancellationRequested) stop();
      using _ = disposing(token.onCancellationRequested(stop));
      return await work(abort.signal, (message) => progress.report({ message: noticeText(message) }));
    },
  );
  return Promise.resolve(progress);
}

function disposing(disposable: vscode.Disposable): Disposable {
  return { [Symbol.dispose]: () => disposable.dispose() };
}
