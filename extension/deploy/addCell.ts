import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { AdoptedCell } from '../../toolchain/deploy/adoptCell.ts';
import type { CloudProvider } from '../../toolchain/deploy/cloudCells.ts';
import { keptKeyReference } from '../../toolchain/deploy/keptKeys.ts';
import { asCellError } from '../dialogs/cellError.ts';
import { pickPath } from '../dialogs/pickPath.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import type { Grafos } from '../grafos.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { pickText } from '../shown/pickText.ts';

/**
 * Asks for a running cell of a cloud and stores it once it has proved itself.
 *
 * Its key stays in its file, of which the path is kept, or is copied into the editor's secret
 * storage; the program's folder never holds it.
 *
 * @returns undefined when a question was left.
 * @throws {GrafosError} those of `adoptCell`, when the cell does not prove itself
 */
export async function addCell(
  { context, log }: Grafos,
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
  const pickFile = (what: string) =>
    pickPath(context.globalState, 'cell', session.root, {
      title: what,
      openLabel: what,
      filters: { [vscode.l10n.t('PEM files')]: ['pem', 'crt', 'key'], [vscode.l10n.t('All files')]: ['*'] },
    });

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
  const isKept = await chooseKeeping(title);
  if (isKept === undefined) return undefined;
  const name = `cell.${createHash('sha256').update(`${session.root}\n${provider}\n${url.trim()}`).digest('hex').slice(0, 32)}`;
  const before = isKept ? await context.secrets.get(name) : undefined;
  if (isKept) await context.secrets.store(name, await readFile(key, 'utf8'));

  const adopted = await withProgress(vscode.l10n.t('grafOS: asking {0}', url.trim()), async (signal) => {
    const { adoptCell } = await import('../../toolchain/deploy/adoptCell.ts');
    return adoptCell(
      session.root,
      provider,
      {
        scheduler_url: url.trim(),
        tenant_name: tenant.trim(),
        ca_cert: ca,
        tenant_cert: cert,
        tenant_key: isKept ? keptKeyReference(name) : key,
      },
      signal,
    );
  }).catch(async (error) => {
    // Not proved, not stored; what an earlier adoption of the same cell kept stays.
    if (isKept) await (before === undefined ? context.secrets.delete(name) : context.secrets.store(name, before));
    throw asCellError(provider, error);
  });
  log.info(`added cell ${adopted.cell_id} of ${provider} in ${adopted.region}: ${adopted.file}`);
  vscode.window.setStatusBarMessage(
    vscode.l10n.t('$(check) Cell {0} of {1} added', pickText(adopted.cell_id), provider),
    4_000,
  );
  return adopted;
}

/** True where the key goes into the secret storage; undefined when the question was left. */
async function chooseKeeping(title: string): Promise<boolean | undefined> {
  const picked = await vscode.window.showQuickPick(
    [
      {
        label: vscode.l10n.t('$(lock) Copy it into the secret storage'),
        description: vscode.l10n.t('of this editor; the file is needed no more'),
        isKept: true,
      },
      {
        label: vscode.l10n.t('$(file) Keep its path'),
        description: vscode.l10n.t('the file stays where it is; the command line can use the cell too'),
        isKept: false,
      },
    ],
    { title, placeHolder: vscode.l10n.t('Choose where the key is kept'), ignoreFocusOut: true },
  );
  return picked?.isKept;
}
