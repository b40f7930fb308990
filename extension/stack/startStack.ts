import * as vscode from 'vscode';
import { GrafosError } from '../../base/grafosError.ts';
import { parseSize } from '../../program/size.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import { SETTINGS } from '../ids.ts';
import type { ProgramSession } from '../program/programSession.ts';

/**
 * Starts, or restarts, the stack of a program with the user's settings.
 *
 * @param shown shows the progress; without it a notification does
 * @throws {GrafosError} wrong_usage, and those of `devUp`
 */
export async function startStack(
  session: ProgramSession,
  shown?: { signal: AbortSignal; step(text: string): void },
): Promise<void> {
  const setting = vscode.workspace
    .getConfiguration(undefined, vscode.Uri.file(session.root))
    .get<string>(SETTINGS.memCapacity, '');
  const memCapacity = setting.trim() === '' ? undefined : parseSize(setting);
  if (memCapacity === null || memCapacity === 0) {
    throw new GrafosError(
      'wrong_usage',
      vscode.l10n.t('The setting {0} is no size: "{1}".', SETTINGS.memCapacity, setting),
      {
        next: vscode.l10n.t('Give one such as "128KiB".'),
      },
    );
  }
  const { readAccount, tenantName } = await import('../../toolchain/account/account.ts');
  const tenant = tenantName(await readAccount());
  const start = (signal: AbortSignal, progress: (text: string) => void) =>
    session.start({ signal, tenant, progress, ...(memCapacity === undefined ? {} : { memCapacity }) });
  if (shown !== undefined) return start(shown.signal, (text) => shown.step(text));
  await withProgress(vscode.l10n.t('grafOS: starting the local stack'), start);
}
