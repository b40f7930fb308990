import * as vscode from 'vscode';
import { RUN_GROUPS, type RunGroup } from '../runs/runsShown.ts';
import type { CommandFactory } from './command.ts';

/** Asks how the runs are grouped. */
export const runsGroup: CommandFactory =
  ({ runsShown }) =>
  async () => {
    const labels: Record<RunGroup, string> = {
      day: vscode.l10n.t('By day'),
      tasklet: vscode.l10n.t('By tasklet'),
      none: vscode.l10n.t('Not grouped'),
    };
    const picked = await vscode.window.showQuickPick(
      RUN_GROUPS.map((group) => ({
        label: labels[group],
        ...(group === runsShown.group ? { description: vscode.l10n.t('as it is now') } : {}),
        group,
      })),
      { title: vscode.l10n.t('Group Runs') },
    );
    if (picked !== undefined) runsShown.setGroup(picked.group);
  };
