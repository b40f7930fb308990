import * as vscode from 'vscode';
import { pickStep } from '../dialogs/pickStep.ts';
import { LANGUAGE_NAMES } from '../shown/languageNames.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const taskletNew: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const { session } = subject;
  const { loadProgramSoon } = await import('../../program/loadProgram.ts');
  const { newTasklet, NEW_TASKLET_KINDS } = await import('../../toolchain/newProgram/newTasklet.ts');
  const { NAME_PATTERN } = await import('../../program/manifestKeys.ts');
  const program = await loadProgramSoon(session.root);
  const title = vscode.l10n.t('New Tasklet');
  using picked = await pickStep(
    NEW_TASKLET_KINDS.map((one) => ({ label: LANGUAGE_NAMES[one], language: one })),
    { title, placeHolder: vscode.l10n.t('Choose the language') },
  );
  if (picked === undefined) return;
  const name = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('Name of the tasklet'),
    ignoreFocusOut: true,
    validateInput: (text) => {
      if (!new RegExp(NAME_PATTERN).test(text))
        return vscode.l10n.t('Lowercase letters, digits and hyphens, beginning with a letter.');
      return program.manifest.tasklets.some((tasklet) => tasklet.name === text)
        ? vscode.l10n.t('There is one of that name.')
        : undefined;
    },
  });
  if (name === undefined) return;
  // The manifest is changed on disk: what is typed in it and not saved would be lost, or lose.
  const open = vscode.workspace.textDocuments.find(({ uri }) => uri.fsPath === program.manifestPath);
  if (open?.isDirty === true && !(await open.save())) return;
  const made = await newTasklet(await loadProgramSoon(session.root), name, picked.item.language);
  session.taskletsChanged();
  await vscode.window.showTextDocument(vscode.Uri.file(made.source));
};
