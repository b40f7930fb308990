import { sep } from 'node:path';
import * as vscode from 'vscode';
import { GrafosError } from '../../base/grafosError.ts';
import { COMMANDS, VIEWS } from '../ids.ts';
import { errorNotice, type NoticeAction } from './errorNotice.ts';
import { notice } from './notice.ts';

/**
 * Logs an error, and tells it with what can be done about it; the editor itself replaces a notice
 * of the same words. Does not wait for the answer. `args` go to the commands offered.
 */
export function showError(log: vscode.LogOutputChannel, error: unknown, ...args: unknown[]): void {
  const content = errorNotice(error);
  if (content === undefined) return;
  if (error instanceof GrafosError) {
    log.error(
      `${error.message} [${error.code}]${error.why === undefined ? '' : `\n  why:  ${error.why}`}${error.next === undefined ? '' : `\n  next: ${error.next}`}`,
    );
  } else log.error(error instanceof Error ? error : String(error));
  const titles = new Map(content.actions.map((action) => [titleOf(action), action]));
  void notice('error', withoutFolders(content.text), [...titles.keys()]).then((title) => {
    const action = title === undefined ? undefined : titles.get(title);
    if (action === undefined) return;
    const command =
      action === 'problems' ? 'workbench.actions.view.problems' : action === 'cells' ? `${VIEWS.cells}.focus` : action;
    void vscode.commands.executeCommand(command, ...args);
  });
}

/** Paths as the Explorer shows them; the log has them whole. */
function withoutFolders(text: string): string {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.reduce((shorter, { uri }) => shorter.replaceAll(uri.fsPath + sep, ''), text);
}

function titleOf(action: NoticeAction): string {
  switch (action) {
    case COMMANDS.stackStart:
      return vscode.l10n.t('Start Local Stack');
    case COMMANDS.stackLogs:
      return vscode.l10n.t('Show Logs');
    case COMMANDS.stackDoctor:
      return vscode.l10n.t('Run Doctor');
    case COMMANDS.providerAddCell:
      return vscode.l10n.t('Add Provider Cell…');
    case COMMANDS.taskletBuild:
      return vscode.l10n.t('Build');
    case COMMANDS.diagnosticsCopy:
      return vscode.l10n.t('Copy Diagnostics');
    case 'problems':
      return vscode.l10n.t('Show Problems');
    case 'cells':
      return vscode.l10n.t('Show Cells');
  }
}
