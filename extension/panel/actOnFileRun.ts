import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { GrafosError } from '../../base/grafosError.ts';
import type { RunProfile } from '../../toolchain/profile/profileRun.ts';
import { askForTrust } from '../dialogs/askForTrust.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import { runCli } from '../runCli.ts';
import type { FileRun } from '../runs/fileRun.ts';
import { copyOutput, saveOutput, showPlace } from './panelLinks.ts';
import type { FromPage, ProfileShown } from './panelMessages.ts';
import { profileShown } from './profileShown.ts';

/** The parts of the panel that an action on a run from a file changes. */
interface Shows {
  /** Absolute path of the extension's folder. */
  packageFolder: string;
  notice(text: string): void;
  profile(profile: ProfileShown): void;
}

/**
 * Performs the action of a button or link of the panel on a run from a file. The run is done again
 * by the file's own module, in a process that ends with the action; no stack is needed.
 */
export async function actOnFileRun(shown: FileRun, message: FromPage, shows: Shows): Promise<void> {
  switch (message.kind) {
    case 'action':
      if (message.action !== 'reproduce' && message.action !== 'profile') return;
      if (!vscode.workspace.isTrusted) return askForTrust();
      return message.action === 'reproduce' ? replay(shown, shows) : profile(shown, shows);
    case 'place':
      // Without a program of this module, the place is a name that the file has, and no file here.
      return shown.root === undefined ? undefined : showPlace(shown.root, message);
    case 'copyOutput':
      return copyOutput(message.text);
    case 'saveOutput':
      return saveOutput(dirname(shown.file), shown);
  }
}

async function replay({ file, run }: FileRun, shows: Shows): Promise<void> {
  const replayed = await withProgress(vscode.l10n.t('grafOS: replaying {0}', run.tasklet), async (signal) => {
    const { replayFileBounded } = await import('../../toolchain/bounded/runFileBounded.ts');
    return replayFileBounded(file, signal);
  });
  mustBe(run, replayed);
  const { same, differences } = replayed;
  shows.notice(
    same
      ? vscode.l10n.t('Reproduced on this machine: output, error and fuel equal those in the file.')
      : vscode.l10n.t('Not reproduced on this machine: {0} differ from the file.', differences.join(', ')),
  );
}

async function profile({ file, run, root }: FileRun, shows: Shows): Promise<void> {
  const { value } = await withProgress(vscode.l10n.t('grafOS: profiling {0}', run.tasklet), (signal) =>
    runCli<RunProfile>({ packageFolder: shows.packageFolder, cwd: dirname(file), args: ['profile', file], signal }),
  );
  mustBe(run, value);
  const shown = profileShown(value);
  const isPlain = root === undefined;
  shows.profile(isPlain ? { ...shown, lines: shown.lines.map((line) => ({ ...line, isPlain })) } : shown);
}

/** Refuses the answer about a file that is no longer the one that is shown. */
function mustBe(shown: FileRun['run'], done: { run_id: string; module_sha256: string }): void {
  if (done.run_id === shown.run_id && done.module_sha256 === shown.module_sha256) return;
  throw new GrafosError('bundle_invalid', vscode.l10n.t('The file was replaced by another run.'), {
    next: vscode.l10n.t('Open it again.'),
  });
}
