import * as vscode from 'vscode';
import { formatSize } from '../../program/size.ts';
import { notice } from '../dialogs/notice.ts';
import { pickRun } from '../dialogs/pickRun.ts';
import { artifactUri } from '../documents/artifactUri.ts';
import { pickText } from '../shown/pickText.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const runArtifacts: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const entry = await pickRun(subject, vscode.l10n.t('Show Artifacts'));
  if (entry === undefined) return;
  using client = await subject.session.connect(entry.provider, entry.cell);
  const artifacts = await client.listArtifacts(entry.run.run_id);
  if (artifacts.length === 0) {
    void notice('information', vscode.l10n.t('The run has not ended yet; its artifacts come with its end.'));
    return;
  }
  const picked = await vscode.window.showQuickPick(
    artifacts.map((artifact) => ({ label: pickText(artifact.name), description: formatSize(artifact.size), artifact })),
    { title: vscode.l10n.t('Artifacts of {0}', entry.run.tasklet), placeHolder: vscode.l10n.t('Choose one to read') },
  );
  if (picked !== undefined)
    await vscode.window.showTextDocument(artifactUri(entry, picked.artifact.name), { preview: true });
};
