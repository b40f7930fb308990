import * as vscode from 'vscode';
import { pickRun } from '../dialogs/pickRun.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import { RUN_FILE_ENDING } from '../ids.ts';
import type { CommandFactory } from './command.ts';
import { shownRunNode } from './shownRunNode.ts';
import { subjectOf } from './subject.ts';

/** Saves an ended run as one file, which any grafOS opens, replays and profiles. */
export const runSaveFile: CommandFactory =
  (grafos) =>
  async (arg = shownRunNode(grafos)) => {
    const subject = await subjectOf(grafos, arg);
    if (subject === undefined) return;
    const entry = await pickRun(subject, vscode.l10n.t('Save Run'), ({ run }) => run.ended_at !== null);
    if (entry === undefined) return;
    const { run_id, tasklet } = entry.run;
    const uri = await vscode.window.showSaveDialog({
      title: vscode.l10n.t('Save Run'),
      defaultUri: vscode.Uri.joinPath(
        vscode.Uri.file(entry.root),
        `${tasklet}-${run_id.slice(0, 8)}.${RUN_FILE_ENDING}`,
      ),
      filters: { [vscode.l10n.t('Runs of grafOS')]: [RUN_FILE_ENDING] },
    });
    if (uri === undefined) return;
    const text = await withProgress(vscode.l10n.t('grafOS: saving the run of {0}', tasklet), async (signal) => {
      const { loadProgramSoon } = await import('../../program/loadProgram.ts');
      const { endedRun } = await import('../../toolchain/replay/endedRun.ts');
      const { writeRunBundle } = await import('../../toolchain/replay/runBundle.ts');
      return writeRunBundle(await endedRun(await loadProgramSoon(entry.root), run_id, entry, signal, true));
    });
    const { saveBytes } = await import('../../toolchain/files/saveBytes.ts');
    await saveBytes(uri.fsPath, Buffer.from(text), vscode.l10n.t('The run cannot be written'));
    vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) Run saved with its module, input and sources'), 4_000);
  };
