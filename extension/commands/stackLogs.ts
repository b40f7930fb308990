import { join } from 'node:path';
import * as vscode from 'vscode';
import { DAEMON_NAMES } from '../../daemons/wire/devState.ts';
import { findProgramState } from '../../toolchain/stack/programState.ts';
import { pickText } from '../shown/pickText.ts';
import { isNode } from '../views/nodes.ts';
import type { CommandFactory } from './command.ts';

export const stackLogs: CommandFactory =
  ({ programs, log }) =>
  async (arg) => {
    await programs.found;
    const session = isNode(arg) ? arg.session : programs.active;
    const logs = session === undefined ? [] : logFiles(session.root);
    let file = isNode(arg) && arg.kind === 'daemon' ? logs.find(({ label }) => label === arg.name)?.file : undefined;
    if (file === undefined) {
      if (logs.length === 0) return log.show();
      const picked = await vscode.window.showQuickPick<vscode.QuickPickItem & { file?: string }>(
        [...logs, { label: 'grafOS', description: vscode.l10n.t('what this extension does') }],
        { title: vscode.l10n.t('Show Logs') },
      );
      if (picked === undefined) return;
      if (picked.file === undefined) return log.show();
      file = picked.file;
    }
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
    const editor = await vscode.window.showTextDocument(document, { preview: true });
    const end = document.lineAt(document.lineCount - 1).range.end;
    editor.revealRange(new vscode.Range(end, end));
  };

function logFiles(root: string): Array<{ label: string; description: string; file: string }> {
  const logs = findProgramState(root, 'dev', 'logs');
  const names = logs?.names() ?? [];
  return DAEMON_NAMES.filter((name) => names.includes(`${name}.log`))
    .map((name) => ({ label: name, file: join(logs?.path ?? '', `${name}.log`) }))
    .map(({ label, file }) => ({ label, file, description: pickText(vscode.workspace.asRelativePath(file)) }));
}
