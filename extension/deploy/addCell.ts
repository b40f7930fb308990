import * as vscode from 'vscode';
import type { AdoptedCell } from '../../toolchain/deploy/adoptCell.ts';
import type { CloudProvider } from '../../toolchain/deploy/cloudCells.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import type { Grafos } from '../grafos.ts';
import type { ProgramSession } from '../program/programSession.ts';

/**
 * Asks for a running cell of a cloud and stores it once it has proved itself. Keys stay in the files the user has them in: only their paths are
 * kept. @returns undefined when a question was left. @throws GrafosError when the cell does not prove itself.
 */
export async function addCell(
  { log }: Grafos,
  session: ProgramSession,
  given: CloudProvider | undefined,
): Promise<AdoptedCell | undefined> {
  const { CLOUD_PROVIDERS } = await import('../../toolchain/deploy/cloudCells.ts');
  const provider =
    given ??
    ((await vscode.window.showQuickPick([...CLOUD_PROVIDERS], {
      title: vscode.l10n.t('Add Provider Cell'),
      placeHolder: vscode.l10n.t('Choose the provider'),
    })) as CloudProvider | undefined);
  if (provider === undefined) return undefined;
  const title = vscode.l10n.t('Add a Cell of {0}', provider);
  const ask = (options: vscode.InputBoxOptions) =>
    vscode.window.showInputBox({ title, ignoreFocusOut: true, ...options });
  const pickFile = async (what: string): Promise<string | undefined> => {
    const [file] =
      (await vscode.window.showOpenDialog({
        title: what,
        openLabel: what,
        canSelectMany: false,
        defaultUri: vscode.Uri.file(session.root),
        filters: { [vscode.l10n.t('PEM files')]: ['pem', 'crt', 'key'], [vscode.l10n.t('All files')]: ['*'] },
      })) ?? [];
    return file?.fsPath;
  };

  const url = await ask({
    prompt: vscode.l10n.t('Address of its scheduler'),
    placeHolder: 'https://203.0.113.7:8443',
    validateInput: (text) =>
      URL.canParse(text.trim()) && new URL(text.trim()).protocol === 'https:'
        ? undefined
        : vscode.l10n.t('Write https://host:port.'),
  });
  if (url === undefined) return undefined;
  const tenant = await ask({
    prompt: vscode.l10n.t('The tenant that your certificate was issued for'),
    validateInput: (text) => (text.trim() === '' ? vscode.l10n.t('Give the name of the tenant.') : undefined),
  });
  if (tenant === undefined) return undefined;
  const ca = await pickFile(vscode.l10n.t('Choose the CA Certificate'));
  const cert = ca && (await pickFile(vscode.l10n.t('Choose the Tenant Certificate')));
  const key = cert && (await pickFile(vscode.l10n.t('Choose the Key of the Certificate')));
  if (!ca || !cert || !key) return undefined;

  const adopted = await withProgress(vscode.l10n.t('grafOS: asking {0}', url.trim()), async (signal) => {
    const { adoptCell } = await import('../../toolchain/deploy/adoptCell.ts');
    return adoptCell(
      session.root,
      provider,
      { scheduler_url: url.trim(), tenant_name: tenant.trim(), ca_cert: ca, tenant_cert: cert, tenant_key: key },
      signal,
    );
  });
  log.info(`added cell ${adopted.cell_id} of ${provider} in ${adopted.region}: ${adopted.file}`);
  vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) Cell {0} of {1} added', adopted.cell_id, provider), 4_000);
  return adopted;
}
