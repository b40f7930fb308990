import { resolve } from 'node:path';
import * as vscode from 'vscode';
import { isOwnSource } from '../../toolchain/profile/isOwnSource.ts';
import { notice } from '../dialogs/notice.ts';
import { SETTINGS } from '../ids.ts';
import { fileOfPlace } from '../places/fileOfPlace.ts';
import type { ProfileShown } from './panelMessages.ts';

/**
 * Switches on the fuel beside the lines of the source, and opens the line that used most with all
 * it called. Where nothing can be shown it says why.
 */
export async function showFuelInSource(root: string, taskletName: string, profile: ProfileShown): Promise<void> {
  const { findTasklet, loadProgramSoon } = await import('../../program/loadProgram.ts');
  const { fuelBounded } = await import('../../toolchain/bounded/fuelBounded.ts');
  const tasklet = findTasklet(await loadProgramSoon(root), taskletName);
  const first = profile.lines.find(({ file }) => isOwnSource(file) && fileOfPlace(root, file) !== undefined);
  if (first === undefined) {
    void notice(
      'information',
      vscode.l10n.t(
        'No line of the program is in this profile: all its fuel is of libraries, or its module has no source map.',
      ),
    );
    return;
  }
  const path = resolve(root, first.file);
  if ((await fuelBounded(root, tasklet, path)).length === 0) {
    void notice(
      'information',
      vscode.l10n.t('{0} or its module changed since this profile. Run it again and profile that run.', first.file),
    );
    return;
  }
  await vscode.workspace
    .getConfiguration()
    .update(SETTINGS.profileInSource, true, vscode.ConfigurationTarget.Workspace);
  const at = new vscode.Position(Math.max(0, first.line - 1), 0);
  await vscode.window.showTextDocument(vscode.Uri.file(path), { selection: new vscode.Range(at, at) });
}
