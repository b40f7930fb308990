import * as vscode from 'vscode';
import { GrafosError } from '../../base/grafosError.ts';
import type { MakingProvider } from '../../toolchain/cloud/cellCloud.ts';
import type { CellPlan } from '../../toolchain/cloud/planCell.ts';
import { notice } from '../dialogs/notice.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import { showPage } from '../documents/pageDocuments.ts';
import type { Grafos } from '../grafos.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { runCli } from '../runCli.ts';
import { pickText } from '../shown/pickText.ts';
import { askNewCell } from './askNewCell.ts';
import { askToGoOn } from './askToGoOn.ts';
import { planPage } from './planPage.ts';

/**
 * Makes a cell in the account of the person at a cloud. The plan is shown as a page and confirmed
 * first. The command line does the work in a process of its own, which loads the cloud's libraries.
 *
 * @returns true once the cell is ready; false when a question was left, or the work was cancelled
 */
export async function createCell(
  grafos: Grafos,
  session: ProgramSession,
  given: MakingProvider | undefined,
): Promise<boolean> {
  const wanted = await askNewCell(given);
  if (wanted === undefined) return false;
  const { provider, name } = wanted;
  const args = ['cloud', 'provision', provider, '--name', name, ...wanted.options];
  const cli = { packageFolder: grafos.context.extensionPath, cwd: session.root };
  const plan = await withProgress(vscode.l10n.t('grafOS: planning the cell {0}', name), (signal) =>
    runCli<CellPlan>({ ...cli, args: [...args, '--plan'], signal }),
  );
  await showPage(`plan-of-${provider}-${name}.md`, planPage(plan.value));
  if (!(await confirmPlan(plan.value))) return false;
  for (;;) {
    try {
      await withProgress(vscode.l10n.t('grafOS: making the cell {0} at {1}', name, provider), (signal, report) =>
        runCli({ ...cli, args: [...args, '--yes', '--steps'], signal, onStep: report }),
      );
      break;
    } catch (error) {
      if (!(error instanceof GrafosError && error.code === 'interrupted')) throw error;
      if (!(await askToGoOn(name, provider))) return false;
    }
  }
  grafos.log.info(`made the cell ${name} at ${provider}`);
  vscode.window.setStatusBarMessage(
    vscode.l10n.t('$(check) Cell {0} of {1} is ready', pickText(name), provider),
    4_000,
  );
  return true;
}

async function confirmPlan({ name, provider, account, region, resources }: CellPlan): Promise<boolean> {
  const create = vscode.l10n.t('Create Cell');
  const answer = await notice('information', vscode.l10n.t('Create the cell {0} at {1}?', name, provider), [create], {
    modal: true,
    detail: vscode.l10n.t(
      '{0} resources in {1}, paid by the account {2}. It costs money until it is destroyed. The page behind this question has the whole plan.',
      resources.length,
      region,
      account,
    ),
  });
  return answer === create;
}
