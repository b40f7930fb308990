import * as vscode from 'vscode';
import { pickPath } from '../dialogs/pickPath.ts';
import { RUN_FILE_ENDING } from '../ids.ts';
import type { CommandFactory } from './command.ts';

/** Opens a run from a file in the Run panel. Its argument may be the file. */
export const runOpenFile: CommandFactory = (grafos) => async (arg) => {
  const { context, panel, programs } = grafos;
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  const first = programs.active?.root ?? folder?.uri.fsPath ?? '';
  const file =
    arg instanceof vscode.Uri && arg.scheme === 'file'
      ? arg.fsPath
      : await pickPath(context.workspaceState, 'run', first, {
          title: vscode.l10n.t('Open Run from File'),
          openLabel: vscode.l10n.t('Open Run'),
          filters: { [vscode.l10n.t('Runs of grafOS')]: [RUN_FILE_ENDING], [vscode.l10n.t('All files')]: ['*'] },
        });
  if (file !== undefined) await panel.openFile(file);
};
