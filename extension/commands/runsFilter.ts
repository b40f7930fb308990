import * as vscode from 'vscode';
import { withViewProgress } from '../dialogs/withViewProgress.ts';
import { VIEWS } from '../ids.ts';
import { inputName } from '../runs/inputName.ts';
import { matchesRun } from '../runs/matchesRun.ts';
import type { CommandFactory } from './command.ts';

/** Matching runs after which no older page is asked for. */
const FOUND_MIN = 50;

/**
 * Lists only the runs that have the words of a filter, older runs too. An empty filter lists all
 * runs.
 */
export const runsFilter: CommandFactory =
  ({ programs, runsShown, inputs }) =>
  async () => {
    const filter = await vscode.window.showInputBox({
      title: vscode.l10n.t('Filter Runs'),
      prompt: vscode.l10n.t('Words of a tasklet, state, error, input, provider, version or id; empty lists all runs.'),
      placeHolder: 'failed my-tasklet',
      value: runsShown.filter,
    });
    if (filter === undefined) return;
    runsShown.setFilter(filter);
    const runs = programs.active?.runs;
    if (runs === undefined || runsShown.filter === '' || !vscode.workspace.isTrusted) return;
    const found = () =>
      runs.entries.filter((entry) => matchesRun(entry, inputName(inputs, entry), runsShown.filter)).length;
    await withViewProgress(VIEWS.runs, async () => {
      // Another filter ends this one.
      while (runsShown.filter === filter.trim() && runs.hasOlder && found() < FOUND_MIN) await runs.more();
    });
  };
