import * as vscode from 'vscode';
import { pickRun } from '../dialogs/pickRun.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const runCancel: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const entry = await pickRun(subject, vscode.l10n.t('Cancel Run'), ({ run }) => run.ended_at === null);
  if (entry === undefined) return;
  using client = await subject.session.connect(entry.provider, entry.cell);
  subject.session.runs.put(entry, await client.cancel(entry.run.run_id, { waitMs: 5_000 }));
};
