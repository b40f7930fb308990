import * as vscode from 'vscode';
import type { FindingsJson } from '../../toolchain/validate/findingsJson.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import { runCli } from '../runCli.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const taskletValidate: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const { root } = subject.session;
  const { value: found } = await withProgress(vscode.l10n.t('grafOS: validating'), (signal) =>
    runCli<FindingsJson>({ packageFolder: grafos.context.extensionPath, cwd: root, args: ['validate'], signal }),
  );
  grafos.problems.show(root, found);
  const count = found.findings.length;
  if (count === 0) {
    vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) No problems found'), 4_000);
    return;
  }
  await vscode.commands.executeCommand('workbench.actions.view.problems');
};
