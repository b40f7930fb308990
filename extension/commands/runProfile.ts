import * as vscode from 'vscode';
import type { RunProfile } from '../../toolchain/profile/profileRun.ts';
import { notice } from '../dialogs/notice.ts';
import { pickRun } from '../dialogs/pickRun.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import { SETTINGS } from '../ids.ts';
import { profileShown } from '../panel/profileShown.ts';
import { runCli } from '../runCli.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

/** Profiles a run, shows it under the run, and offers what else shows it. */
export const runProfile: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const entry = await pickRun(subject, vscode.l10n.t('Profile'), ({ run }) => run.ended_at !== null);
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
  const settings = vscode.workspace.getConfiguration();
  if (settings.get<boolean>(SETTINGS.profileInSource, false)) return;
  const show = vscode.l10n.t('Show in Source');
  const told = vscode.l10n.t('Profiled {0}: its fuel can be shown beside the lines of its source.', tasklet);
  void notice('information', told, [show]).then((answer) => {
    if (answer === show) return settings.update(SETTINGS.profileInSource, true, vscode.ConfigurationTarget.Workspace);
    return undefined;
  });
};
