import * as vscode from 'vscode';
import { notice } from '../dialogs/notice.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { isNode } from '../views/nodes.ts';
import { type MadeCellNode, madeCells } from './madeCells.ts';

/**
 * The cell made from this program that a command is about: that of the row, or one that the person
 * chooses.
 *
 * @param arg the argument of the command
 */
export async function chosenMadeCell(
  session: ProgramSession,
  arg: unknown,
  title: string,
): Promise<MadeCellNode | undefined> {
  const made = await madeCells(session.root);
  if (isNode(arg) && arg.kind === 'cell')
    return made.find(({ provider, url }) => provider === arg.provider && url === arg.cell.scheduler_url);
  if (made.length === 0) {
    void notice('information', vscode.l10n.t('No cell was made from this program.'));
    return undefined;
  }
  return vscode.window.showQuickPick(
    made.map((one) => ({ label: one.name, description: one.provider, ...one })),
    { title, placeHolder: vscode.l10n.t('Choose a cell') },
  );
}
