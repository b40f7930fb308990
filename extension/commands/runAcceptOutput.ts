import * as vscode from 'vscode';
import { GrafosError } from '../../base/grafosError.ts';
import { pickRun } from '../dialogs/pickRun.ts';
import { fixtureOfInput } from '../panel/fixtureOfInput.ts';
import { fetchOutcome } from '../runs/fetchOutcome.ts';
import { isRepeatable } from '../runs/isRepeatable.ts';
import { pickText } from '../shown/pickText.ts';
import type { CommandFactory } from './command.ts';
import { shownRunNode } from './shownRunNode.ts';
import { subjectOf } from './subject.ts';

/** Makes the output or error of a run the expectation of the fixture that has the run's input. */
export const runAcceptOutput: CommandFactory =
  (grafos) =>
  async (arg = shownRunNode(grafos)) => {
    const subject = await subjectOf(grafos, arg);
    if (subject === undefined) return;
    const entry = await pickRun(subject, vscode.l10n.t('Accept Output'), ({ run }) => isRepeatable(run));
    if (entry === undefined) return;
    const { findTasklet, loadProgramSoon } = await import('../../program/loadProgram.ts');
    const { acceptOutput } = await import('../../toolchain/cases/acceptOutput.ts');
    const { session } = subject;
    const outcome = await fetchOutcome(session, entry, AbortSignal.timeout(60_000));
    const name = await fixtureOfInput(session.root, entry.run.tasklet, outcome.input);
    if (name === undefined) {
      throw new GrafosError('fixture_unknown', vscode.l10n.t('No fixture has the input of this run.'), {
        why: vscode.l10n.t('The run had another input, or the fixture was changed since.'),
        next: vscode.l10n.t('Save the run as a new fixture.'),
      });
    }
    const program = await loadProgramSoon(session.root);
    await acceptOutput(program, findTasklet(program, entry.run.tasklet), name, outcome);
    vscode.window.setStatusBarMessage(
      vscode.l10n.t('$(check) Fixture {0} expects this output now', pickText(name)),
      4_000,
    );
  };
