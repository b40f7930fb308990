import * as vscode from 'vscode';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { parseSize } from '../../program/size.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import { SETTINGS } from '../ids.ts';
import type { ProgramSession } from '../program/programSession.ts';

/** Starts, or restarts, the stack of a program with the user's settings, showing how far it is. @throws GrafosError */
export async function startStack(session: ProgramSession): Promise<void> {
  const setting = vscode.workspace
    .getConfiguration(undefined, vscode.Uri.file(session.root))
    .get<string>(SETTINGS.memCapacity, '');
  const memCapacity = setting.trim() === '' ? undefined : parseSize(setting);
  if (memCapacity === null || memCapacity === 0) {
    throw new GrafosError(
      'usage',
      'wrong_usage',
      vscode.l10n.t('The setting {0} is no size: "{1}".', SETTINGS.memCapacity, setting),
      {
        next: vscode.l10n.t('Give one such as "128KiB".'),
      },
    );
  }
  const { readAccount, tenantName } = await import('../../toolchain/account/account.ts');
  const tenant = tenantName(await readAccount());
  await withProgress(vscode.l10n.t('grafOS: starting the local stack'), (signal, report) =>
    session.start({ signal, tenant, progress: report, ...(memCapacity === undefined ? {} : { memCapacity }) }),
  );
}
