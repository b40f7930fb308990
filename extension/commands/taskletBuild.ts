import * as vscode from 'vscode';
import { formatSize } from '../../program/size.ts';
import { pickTasklet } from '../dialogs/pickTasklet.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import { pickText } from '../shown/pickText.ts';
import { buildTasklet } from '../tasklets/buildTasklets.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const taskletBuild: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const picked = await pickTasklet(subject.session.root, subject.tasklet, vscode.l10n.t('Build Tasklet'));
  if (picked === undefined) return;
  const { name } = picked.tasklet;
  const built = await withProgress(vscode.l10n.t('grafOS: building {0}', name), (signal) =>
    buildTasklet(subject.session, name, grafos.context.extensionPath, signal),
  );
  grafos.log.info(`built ${name}: ${built.output}, ${built.bytes} bytes, ${built.duration_ms} ms`);
  vscode.window.setStatusBarMessage(
    vscode.l10n.t('$(check) {0} built, {1}', pickText(name), formatSize(built.bytes)),
    4_000,
  );
};
