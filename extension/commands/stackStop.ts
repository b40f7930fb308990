import * as vscode from 'vscode';
import { withProgress } from '../dialogs/withProgress.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const stackStop: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  await withProgress(vscode.l10n.t('grafOS: stopping the local stack'), (signal) => subject.session.stack.stop(signal));
};
