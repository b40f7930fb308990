import * as vscode from 'vscode';
import type { MakingProvider } from '../../toolchain/cloud/cellCloud.ts';
import { notice } from '../dialogs/notice.ts';

/** Asks about a cell that is half made; its cloud has what was made so far. */
export async function askToGoOn(name: string, provider: MakingProvider): Promise<boolean> {
  const goOn = vscode.l10n.t('Go On');
  const answer = await notice(
    'information',
    vscode.l10n.t(
      'The cell {0} at {1} is half made, and may cost money. Creating it again goes on from there.',
      name,
      provider,
    ),
    [goOn],
  );
  return answer === goOn;
}
