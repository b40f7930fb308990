import * as vscode from 'vscode';
import { withProgress } from '../dialogs/withProgress.ts';
import { COMMANDS } from '../ids.ts';
import { pickText } from '../shown/pickText.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

const ICON = { ok: '$(pass)', warn: '$(warning)', fail: '$(error)' } as const;

export const stackDoctor: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const { session } = subject;
  const report = await withProgress(vscode.l10n.t('grafOS: looking at the local stack'), async (signal) => {
    const { doctor } = await import('../../toolchain/stack/doctor.ts');
    return doctor(session.root, signal);
  });
  const bad = report.checks.filter(({ status }) => status !== 'ok').length;
  for (const { name, status, message, next } of report.checks) {
    grafos.log.info(`doctor: ${status} ${name}: ${message}${next === null ? '' : ` (next: ${next})`}`);
  }
  const picked = await vscode.window.showQuickPick(
    report.checks.map(({ name, status, message, next }) => ({
      label: `${ICON[status]} ${pickText(name)}`,
      description: pickText(message),
      ...(next === null ? {} : { detail: pickText(next) }),
      status,
    })),
    {
      title:
        bad === 0
          ? vscode.l10n.t('Doctor: everything is well')
          : vscode.l10n.t('Doctor: {0} of {1} checks need a look', bad, report.checks.length),
      placeHolder: report.ok
        ? vscode.l10n.t('Escape closes this')
        : vscode.l10n.t('Choose a failed check to start the stack again'),
      matchOnDescription: true,
    },
  );
  if (picked?.status === 'fail')
    await vscode.commands.executeCommand(COMMANDS.stackRestart, { kind: 'stack', session });
};
