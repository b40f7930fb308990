import * as vscode from 'vscode';
import { showError } from './dialogs/showError.ts';
import type { Grafos } from './grafos.ts';
import { RUN_FILE_EDITOR } from './ids.ts';
import type { RunPanel } from './panel/runPanel.ts';

/**
 * The editor of files that hold a run. It opens the run in the Run panel and closes its own tab:
 * runs have no tabs.
 */
export function runFileEditor({ log }: Grafos, panel: RunPanel): vscode.Disposable {
  return vscode.window.registerCustomEditorProvider(RUN_FILE_EDITOR, {
    openCustomDocument: (uri) => ({ uri, dispose() {} }),
    resolveCustomEditor({ uri }, tab) {
      // Not awaited: the workbench must have finished opening the tab before it is closed.
      panel
        .openFile(uri.fsPath)
        .catch((error) => showError(log, error))
        .finally(() => tab.dispose());
    },
  } satisfies vscode.CustomReadonlyEditorProvider);
}
