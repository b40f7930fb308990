import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { notice } from '../dialogs/notice.ts';

/**
 * Shows a program that was just made: the source of its first tasklet where the folder is in the
 * workspace, else the folder, in a window of its own if this window has one already. Warns when the
 * program lies inside another one.
 *
 * @param dir absolute path of the program
 * @returns whether this window shows the source
 */
export async function openProgram(dir: string): Promise<boolean> {
  const { findProgram, loadProgramSoon } = await import('../../program/loadProgram.ts');
  const around = findProgram(dirname(dir));
  if (around !== null) {
    void notice(
      'warning',
      vscode.l10n.t(
        '{0} lies inside another program, {1}. For one more tasklet of that program, use New Tasklet….',
        basename(dir),
        around,
      ),
    );
  }
  const folder = vscode.Uri.file(dir);
  if (vscode.workspace.getWorkspaceFolder(folder) === undefined) {
    await vscode.commands.executeCommand('vscode.openFolder', folder, {
      forceNewWindow: vscode.workspace.workspaceFolders !== undefined,
    });
    return false;
  }
  const { rustSource } = await import('../../program/rustSource.ts');
  const [tasklet] = (await loadProgramSoon(dir)).manifest.tasklets;
  if (tasklet === undefined) return false;
  const source = tasklet.kind === 'rust' ? rustSource(tasklet.source).entry : tasklet.source;
  await vscode.window.showTextDocument(vscode.Uri.joinPath(folder, source));
  return true;
}
