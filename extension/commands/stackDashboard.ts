import * as vscode from 'vscode';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const stackDashboard: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const { readBearer } = await import('../../toolchain/stack/readBearer.ts');
  const { url, bearer } = await readBearer(subject.session.root);
  // The part after # is never sent to any server; the page takes the bearer from it.
  await vscode.env.openExternal(vscode.Uri.parse(`${url}/#${bearer}`));
};
