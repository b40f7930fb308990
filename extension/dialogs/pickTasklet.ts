import * as vscode from 'vscode';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { pickText } from '../shown/pickText.ts';

/**
 * The tasklet of that name, the only one, or the one that is picked; undefined when the picker is
 * left.
 *
 * @throws {GrafosError} when the manifest cannot be used
 */
export async function pickTasklet(
  root: string,
  name: string | undefined,
  title: string,
): Promise<{ program: Program; tasklet: Tasklet } | undefined> {
  const { findTasklet, loadProgramSoon } = await import('../../program/loadProgram.ts');
  const program = await loadProgramSoon(root);
  const { tasklets } = program.manifest;
  if (name !== undefined || tasklets.length < 2) return { program, tasklet: findTasklet(program, name) };
  const picked = await vscode.window.showQuickPick(
    tasklets.map((tasklet) => ({ label: pickText(tasklet.name), description: pickText(tasklet.source), tasklet })),
    { title, placeHolder: vscode.l10n.t('Choose a tasklet'), matchOnDescription: true },
  );
  return picked && { program, tasklet: picked.tasklet };
}
