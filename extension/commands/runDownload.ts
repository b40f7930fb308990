import { join } from 'node:path';
import * as vscode from 'vscode';
import { notice } from '../dialogs/notice.ts';
import { pickPath } from '../dialogs/pickPath.ts';
import { pickRun } from '../dialogs/pickRun.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const runDownload: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const entry = await pickRun(subject, vscode.l10n.t('Download Artifacts'), ({ run }) => run.ended_at !== null);
  if (entry === undefined) return;
  const folder = await pickPath(grafos.context.workspaceState, 'artifacts', entry.root, {
    title: vscode.l10n.t('Where the Artifacts Go'),
    openLabel: vscode.l10n.t('Download Here'),
    canSelectFiles: false,
    canSelectFolders: true,
  });
  if (folder === undefined) return;
  const dir = join(folder, entry.run.run_id);
  await withProgress(vscode.l10n.t('grafOS: downloading artifacts'), async (signal) => {
    const { downloadArtifacts } = await import('../../toolchain/artifacts/downloadArtifacts.ts');
    using client = await subject.session.connect(entry.provider, entry.cell);
    await downloadArtifacts(client, await client.getRun(entry.run.run_id, { signal }), dir, signal);
  });
  const reveal = vscode.l10n.t('Show in File Manager');
  void notice('information', vscode.l10n.t('The artifacts are in {0}', dir), [reveal]).then((choice) => {
    if (choice === reveal) void vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(dir));
  });
};
