import * as vscode from 'vscode';
import type { CloudCell, CloudProvider } from '../../toolchain/deploy/cloudCells.ts';
import { keptKeyName } from '../../toolchain/deploy/keptKeys.ts';
import { notice } from '../dialogs/notice.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { pickText } from '../shown/pickText.ts';
import { isNode } from '../views/nodes.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

interface Chosen {
  provider: CloudProvider;
  cell: CloudCell;
}

/** Removes a cell from the program after a question, and its key from the secret storage. */
export const providerRemoveCell: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const { session } = subject;
  const chosen = isNode(arg) && arg.kind === 'cell' ? arg : await pickCell(session);
  if (chosen === undefined) return;
  const { provider, cell } = chosen;
  const kept = keptKeyName(cell.tenant_key);
  const remove = vscode.l10n.t('Remove');
  const answer = await notice(
    'warning',
    vscode.l10n.t('Remove the cell of {0} at {1} from this program?', provider, cell.scheduler_url),
    [remove],
    {
      modal: true,
      detail:
        kept === undefined
          ? vscode.l10n.t('The files of its certificates and its key stay where they are.')
          : vscode.l10n.t('Its key is removed from the secret storage too. The files of its certificates stay.'),
    },
  );
  if (answer !== remove) return;
  const { removeCell } = await import('../../toolchain/deploy/removeCell.ts');
  await removeCell(session.root, provider, cell);
  if (kept !== undefined) await grafos.context.secrets.delete(kept);
  grafos.log.info(`removed the cell of ${provider} at ${cell.scheduler_url}`);
};

async function pickCell(session: ProgramSession): Promise<Chosen | undefined> {
  const { CLOUD_PROVIDERS, readCloudCells } = await import('../../toolchain/deploy/cloudCells.ts');
  const lists = await Promise.all(
    CLOUD_PROVIDERS.map(async (provider) =>
      (await readCloudCells(session.root, provider)).map((cell) => ({
        label: provider,
        description: pickText(cell.scheduler_url),
        detail: pickText(vscode.l10n.t('tenant {0}', cell.tenant_name)),
        provider,
        cell,
      })),
    ),
  );
  const cells = lists.flat();
  if (cells.length === 0) {
    void notice('information', vscode.l10n.t('This program has no cell of a cloud.'));
    return undefined;
  }
  return vscode.window.showQuickPick(cells, {
    title: vscode.l10n.t('Remove Provider Cell'),
    placeHolder: vscode.l10n.t('Choose a cell'),
    matchOnDescription: true,
  });
}
