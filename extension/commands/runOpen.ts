import * as vscode from 'vscode';
import { pickRun } from '../dialogs/pickRun.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const runOpen: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const entry = await pickRun(subject, vscode.l10n.t('Open Run'));
  if (entry !== undefined) await grafos.panel.open(subject.session, entry);
};
