import * as vscode from 'vscode';
import { chosenMadeCell } from '../cells/chosenMadeCell.ts';
import { destroyCell } from '../cells/destroyCell.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

/** Destroys a cell that was made from this program, once its name was typed. */
export const cellDestroy: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const chosen = await chosenMadeCell(subject.session, arg, vscode.l10n.t('Destroy Cell'));
  if (chosen !== undefined) await destroyCell(grafos, subject.session, chosen);
};
