import * as vscode from 'vscode';
import { withProgress } from '../dialogs/withProgress.ts';
import { buildTasklet } from '../tasklets/buildTasklets.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const taskletBuildAll: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const { loadProgramSoon } = await import('../../program/loadProgram.ts');
  const { tasklets } = (await loadProgramSoon(subject.session.root)).manifest;
  await withProgress(vscode.l10n.t('grafOS: building'), async (signal, report) => {
    for (const [index, { name }] of tasklets.entries()) {
      report(vscode.l10n.t('{0} ({1} of {2})', name, index + 1, tasklets.length));
      await buildTasklet(subject.session, name, grafos.context.extensionPath, signal);
    }
  });
  vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) {0} tasklets built', tasklets.length), 4_000);
};
