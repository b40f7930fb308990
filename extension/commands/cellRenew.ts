import * as vscode from 'vscode';
import { chosenMadeCell } from '../cells/chosenMadeCell.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import { runCli } from '../runCli.ts';
import { pickText } from '../shown/pickText.ts';
import { timeText } from '../views/texts.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

/** Gives a cell that was made from this program new keys and certificates, while it runs. */
export const cellRenew: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const chosen = await chosenMadeCell(subject.session, arg, vscode.l10n.t('Renew Certificates of Cell'));
  if (chosen === undefined) return;
  const { provider, name } = chosen;
  const { value } = await withProgress(
    vscode.l10n.t('grafOS: renewing the cell {0} of {1}', name, provider),
    (signal) =>
      runCli<{ not_after: string }>({
        packageFolder: grafos.context.extensionPath,
        cwd: subject.session.root,
        args: ['cloud', 'renew', provider, '--name', name],
        signal,
      }),
  );
  vscode.window.setStatusBarMessage(
    vscode.l10n.t('$(check) Cell {0} is renewed until {1}', pickText(name), timeText(new Date(value.not_after))),
    10_000,
  );
};
