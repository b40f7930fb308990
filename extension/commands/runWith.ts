import * as vscode from 'vscode';
import { deployTasklet } from '../deploy/deployTasklet.ts';
import { pickRun } from '../dialogs/pickRun.ts';
import type { CommandFactory } from './command.ts';
import { shownRunNode } from './shownRunNode.ts';
import { subjectOf } from './subject.ts';

/** Runs the tasklet of a run on another input, which is asked for. */
export const runWith: CommandFactory =
  (grafos) =>
  async (arg = shownRunNode(grafos)) => {
    const subject = await subjectOf(grafos, arg);
    if (subject === undefined) return;
    const entry = await pickRun(subject, vscode.l10n.t('Run With'));
    if (entry === undefined) return;
    const { tasklet } = entry.run;
    await deployTasklet(grafos, {
      session: subject.session,
      tasklet,
      provider: entry.provider,
      cell: entry.cell,
      askInput: true,
    });
  };
