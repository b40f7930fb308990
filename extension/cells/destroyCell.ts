import * as vscode from 'vscode';
import { GrafosError } from '../../base/grafosError.ts';
import type { DestroyedCell } from '../../toolchain/cloud/destroyCell.ts';
import { notice } from '../dialogs/notice.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import { showPage } from '../documents/pageDocuments.ts';
import type { Grafos } from '../grafos.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { runCli } from '../runCli.ts';
import { pickText } from '../shown/pickText.ts';
import type { MadeCellNode } from './madeCells.ts';

/**
 * Removes a cell that was made from this program, and all that its cloud has of it, once its name
 * was typed. A list of what is left is shown as a page.
 */
export async function destroyCell(
  grafos: Grafos,
  session: ProgramSession,
  { provider, name }: MadeCellNode,
): Promise<void> {
  const typed = await vscode.window.showInputBox({
    title: vscode.l10n.t('Destroy the Cell {0} of {1}', name, provider),
    ignoreFocusOut: true,
    prompt: vscode.l10n.t('Its machine, its disk and all its runs are removed. Type its name to destroy it'),
    validateInput: (text) => (text === name ? undefined : vscode.l10n.t('Type {0}.', name)),
  });
  if (typed !== name) return;
  const destroy = (more: string[]) =>
    withProgress(vscode.l10n.t('grafOS: destroying the cell {0} of {1}', name, provider), (signal, report) =>
      runCli<DestroyedCell>({
        packageFolder: grafos.context.extensionPath,
        cwd: session.root,
        args: ['cloud', 'destroy', provider, '--name', name, '--yes', '--steps', ...more],
        signal,
        onStep: report,
      }),
    );
  const { value } = await destroy([]).catch(async (error: unknown) => {
    if (!(error instanceof GrafosError && error.code === 'runs_active')) throw error;
    const force = vscode.l10n.t('Destroy All the Same');
    const options = { modal: true, ...(error.why === undefined ? {} : { detail: error.why }) };
    if ((await notice('warning', error.message, [force], options)) !== force)
      throw new GrafosError('interrupted', 'Interrupted.');
    return destroy(['--force']);
  });
  if (value.left.length === 0) {
    vscode.window.setStatusBarMessage(
      vscode.l10n.t('$(check) Cell {0} of {1} is destroyed; nothing is left', pickText(name), provider),
      4_000,
    );
    return;
  }
  await showPage(
    `left-of-${provider}-${name}.txt`,
    value.left.map(({ type, name: own, region }) => `${type}  ${own}  ${region}\n`).join(''),
  );
  void notice(
    'warning',
    vscode.l10n.t(
      '{0} resources of the cell {1} are left. Destroy it again, or remove them by hand.',
      value.left.length,
      name,
    ),
  );
}
