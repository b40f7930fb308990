import * as vscode from 'vscode';
import { testIdOf } from '../cases/fixtureResults.ts';
import { notice } from '../dialogs/notice.ts';
import type { CommandFactory } from './command.ts';

/** Shows the last run of a fixture in the Run panel. */
export const fixtureShowRun: CommandFactory =
  ({ fixtures, panel }) =>
  async (arg) => {
    const result = fixtures.get(testIdOf(arg) ?? '');
    if (result?.run !== undefined) return panel.open(result.session, result.run);
    const text =
      result === undefined
        ? vscode.l10n.t('This fixture has not run yet.')
        : vscode.l10n.t('The run ended with the stack of its tests. Start the local stack to keep the runs of tests.');
    void notice('information', text);
    return undefined;
  };
