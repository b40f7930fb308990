import * as vscode from 'vscode';
import { GrafosError } from '../../base/grafosError.ts';
import type { MakingProvider } from '../../toolchain/cloud/cellCloud.ts';

/** The answers about a cell that is to be made. */
export interface NewCell {
  provider: MakingProvider;
  name: string;
  /** Options of `grafos cloud provision`. */
  options: string[];
}

/** Asks which cell is to be made, and where; undefined when a question was left. */
export async function askNewCell(given: MakingProvider | undefined): Promise<NewCell | undefined> {
  const { MAKING_PROVIDERS } = await import('../../toolchain/cloud/cellCloud.ts');
  const provider =
    given ??
    ((await vscode.window.showQuickPick([...MAKING_PROVIDERS], {
      title: vscode.l10n.t('Create Cell'),
      placeHolder: vscode.l10n.t('Choose the provider'),
    })) as MakingProvider | undefined);
  if (provider === undefined) return undefined;
  const title = vscode.l10n.t('Create a Cell at {0}', provider);
  const { checkedCellName } = await import('../../toolchain/cloud/cellName.ts');
  const name = await vscode.window.showInputBox({
    title,
    ignoreFocusOut: true,
    prompt: vscode.l10n.t('Name of the cell; one that is half made is gone on with'),
    placeHolder: 'edge',
    validateInput: (text) => {
      try {
        checkedCellName(text.trim());
        return undefined;
      } catch (error) {
        return error instanceof GrafosError ? error.message : String(error);
      }
    },
  });
  if (name === undefined) return undefined;
  const region = await vscode.window.showInputBox({
    title,
    ignoreFocusOut: true,
    prompt: vscode.l10n.t("Region by the cloud's own name; empty for that of its tools"),
    placeHolder: provider === 'aws' ? 'eu-central-1' : 'europe-west1',
  });
  if (region === undefined) return undefined;
  const from = await vscode.window.showInputBox({
    title,
    ignoreFocusOut: true,
    prompt: vscode.l10n.t('Address or network that may reach the cell; empty for your own address alone'),
    placeHolder: '203.0.113.7',
  });
  if (from === undefined) return undefined;
  return {
    provider,
    name: name.trim(),
    options: [
      ...(region.trim() === '' ? [] : ['--region', region.trim()]),
      ...(from.trim() === '' ? [] : ['--from', from.trim()]),
    ],
  };
}
