import * as vscode from 'vscode';
import { pickRun } from '../dialogs/pickRun.ts';
import { fetchOutcome } from '../runs/fetchOutcome.ts';
import { isRepeatable } from '../runs/isRepeatable.ts';
import type { CommandFactory } from './command.ts';
import { shownRunNode } from './shownRunNode.ts';
import { subjectOf } from './subject.ts';

/**
 * Saves a run as a case of `grafos test`: its input, and its output or error as the expectation.
 */
export const runSaveFixture: CommandFactory =
  (grafos) =>
  async (arg = shownRunNode(grafos)) => {
    const subject = await subjectOf(grafos, arg);
    if (subject === undefined) return;
    const entry = await pickRun(subject, vscode.l10n.t('Save as Fixture'), ({ run }) => isRepeatable(run));
    if (entry === undefined) return;
    const { findTasklet, loadProgramSoon } = await import('../../program/loadProgram.ts');
    const { CASE_PATTERN, writeFixture } = await import('../../toolchain/cases/writeFixture.ts');
    const program = await loadProgramSoon(subject.session.root);
    const tasklet = findTasklet(program, entry.run.tasklet);
    const name = await vscode.window.showInputBox({
      title: vscode.l10n.t('Save as Fixture'),
      prompt: vscode.l10n.t('Name of the case, as in {0}', `${tasklet.fixtures}/name.expected.json`),
      ignoreFocusOut: true,
      validateInput: (text) =>
        new RegExp(CASE_PATTERN).test(text)
          ? undefined
          : vscode.l10n.t('Letters, digits, hyphens and underscores, beginning with a letter or digit.'),
    });
    if (name === undefined) return;
    const outcome = await fetchOutcome(subject.session, entry, AbortSignal.timeout(60_000));
    const file = await writeFixture(program, tasklet, name, outcome);
    await vscode.window.showTextDocument(vscode.Uri.file(file), { preview: true });
  };
