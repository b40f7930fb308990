import * as vscode from 'vscode';
import type { Subject } from '../commands/subject.ts';
import type { RunEntry } from '../runs/runsModel.ts';
import { pickText } from '../shown/pickText.ts';
import { runWord, timeText } from '../views/texts.ts';
import { notice } from './notice.ts';

/** The run a command is about, or one that is picked among those known; undefined when none is. */
export async function pickRun(
  { session, run }: Subject,
  title: string,
  fits: (entry: RunEntry) => boolean = () => true,
): Promise<RunEntry | undefined> {
  if (run !== undefined) return run;
  const entries = session.runs.entries.filter(fits);
  if (entries.length === 0) {
    void notice('information', vscode.l10n.t('There is no such run. Runs are listed in the view "Runs" of grafOS.'));
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(
    entries.map((entry) => ({
      label: pickText(entry.run.tasklet),
      description: `${entry.provider} · ${runWord(entry.run.state)} · ${timeText(new Date(entry.run.created_at))}`,
      detail: pickText(entry.run.run_id),
      entry,
    })),
    { title, placeHolder: vscode.l10n.t('Choose a run'), matchOnDescription: true, matchOnDetail: true },
  );
  return picked?.entry;
}
