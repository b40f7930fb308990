import * as vscode from 'vscode';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const stackCopyBearer: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const { readBearer } = await import('../../toolchain/stack/readBearer.ts');
  const { url, bearer } = await readBearer(subject.session.root);
  await vscode.env.clipboard.writeText(`${url}/#${bearer}`);
  vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) Helper URL and bearer copied'), 4_000);
};
