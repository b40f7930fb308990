import { basename } from 'node:path';
import * as vscode from 'vscode';
import { testIdOf } from '../cases/fixtureResults.ts';
import { notice } from '../dialogs/notice.ts';
import { pickText } from '../shown/pickText.ts';
import type { CommandFactory } from './command.ts';

/** Makes the output of a failed fixture its expectation. */
export const fixtureAccept: CommandFactory =
  ({ fixtures }) =>
  async (arg) => {
    const result = fixtures.get(testIdOf(arg) ?? '');
    if (result?.acceptable === undefined) {
      void notice('information', vscode.l10n.t('This fixture has no new output. Run it first.'));
      return;
    }
    const { writeExpectation } = await import('../../toolchain/cases/writeExpectation.ts');
    await writeExpectation(result.session.root, result.expectedFile, result.acceptable);
    const name = basename(result.expectedFile, '.expected.json');
    vscode.window.setStatusBarMessage(
      vscode.l10n.t('$(check) Fixture {0} expects this output now', pickText(name)),
      4_000,
    );
  };
