import * as vscode from 'vscode';
import { notice } from './notice.ts';

/** Says that the workspace is not trusted, with a button that manages its trust. */
export async function askForTrust(): Promise<void> {
  const manage = vscode.l10n.t('Manage Workspace Trust');
  const answer = await notice(
    'information',
    vscode.l10n.t(
      'This workspace is not trusted, so grafOS shows its findings but builds, starts and deploys nothing.',
    ),
    [manage],
  );
  if (answer === manage) await vscode.commands.executeCommand('workbench.trust.manage');
}
