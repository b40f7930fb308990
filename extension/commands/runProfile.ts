import * as vscode from 'vscode';
import type { RunProfile } from '../../toolchain/profile/profileRun.ts';
import { pickRun } from '../dialogs/pickRun.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import { profileShown } from '../panel/profileShown.ts';
import { runCli } from '../runCli.ts';
import { isRepeatable } from '../runs/isRepeatable.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

/** Profiles a run and shows the profile under the run in the Run panel. */
export const runProfile: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const entry = await pickRun(subject, vscode.l10n.t('Profile'), ({ run }) => isRepeatable(run));
  if (entry === undefined) return;
  const { session } = subject;
  const { run_id, tasklet } = entry.run;
  const { value } = await withProgress(vscode.l10n.t('grafOS: profiling {0}', tasklet), (signal) =>
    runCli<RunProfile>({
      packageFolder: grafos.context.extensionPath,
      cwd: session.root,
      args: ['profile', run_id, '--provider', entry.provider],
      signal,
    }),
  );
  await grafos.panel.open(session, entry);
  grafos.panel.showProfile(run_id, profileShown(value));
};
