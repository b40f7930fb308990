import * as vscode from 'vscode';
import type { CloudCell, CloudProvider } from '../../toolchain/deploy/cloudCells.ts';
import type { ProviderStatus } from '../../toolchain/deploy/providerStatus.ts';
import type { Grafos } from '../grafos.ts';
import { VIEWS } from '../ids.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { markdown } from '../shown/markdown.ts';
import { liveView } from './liveView.ts';
import type { CellNode, ProblemNode } from './nodes.ts';
import { timeText } from './texts.ts';

/**
 * The view "Cells": the cells of clouds that the program was given, each with its tenant and state.
 * The cell that deploys go to is asked for its state when the view opens.
 */
export function cellsView(grafos: Grafos): vscode.Disposable {
  let drawn: CellNode[] = [];
  return liveView<CellNode | ProblemNode>(grafos, {
    id: VIEWS.cells,
    children: async (session, node) => {
      if (node !== undefined) return [];
      const { CLOUD_PROVIDERS, readCloudCells } = await import('../../toolchain/deploy/cloudCells.ts');
      const before = drawn;
      drawn = [];
      const problems: ProblemNode[] = [];
      for (const provider of CLOUD_PROVIDERS) {
        try {
          const cells = await readCloudCells(session.root, provider);
          drawn.push(...cells.map((cell, index) => nodeOf(before, session, provider, cell, index === 0)));
        } catch (error) {
          const text = error instanceof Error ? error.message : String(error);
          problems.push({ kind: 'problem', session, text, file: undefined });
        }
      }
      return [...drawn, ...problems];
    },
    item: (node) => (node.kind === 'cell' ? cellItem(node) : problemItem(node)),
    listen: (session, changed) => {
      let asked = new AbortController();
      const ask = () => {
        asked.abort();
        asked = new AbortController();
        if (!vscode.workspace.isTrusted) return;
        askAll(session, asked.signal, (provider, status) => {
          const node = drawn.find((one) => one.session === session && one.provider === provider && one.isUsed);
          if (node === undefined) return;
          node.status = status;
          changed(node);
        }).catch((error: Error) => grafos.log.debug(`cells: ${error.message}`));
      };
      ask();
      return [
        session.onCellsChanged(() => {
          changed();
          ask();
        }),
        new vscode.Disposable(() => asked.abort()),
      ].map((one) => new vscode.Disposable(() => one.dispose()));
    },
  });
}

/** The node of a cell that is drawn already, so that its state stays, or a new one. */
function nodeOf(
  before: readonly CellNode[],
  session: ProgramSession,
  provider: CloudProvider,
  cell: CloudCell,
  isUsed: boolean,
): CellNode {
  const known = before.find(
    (one) => one.session === session && one.provider === provider && one.cell.scheduler_url === cell.scheduler_url,
  );
  return { kind: 'cell', session, provider, cell, isUsed, status: isUsed ? known?.status : undefined };
}

async function askAll(
  session: ProgramSession,
  signal: AbortSignal,
  found: (provider: CloudProvider, status: ProviderStatus) => void,
): Promise<void> {
  const { CLOUD_PROVIDERS, readCloudCells } = await import('../../toolchain/deploy/cloudCells.ts');
  const { providerStatus } = await import('../../toolchain/deploy/providerStatus.ts');
  await Promise.all(
    CLOUD_PROVIDERS.map(async (provider) => {
      if ((await readCloudCells(session.root, provider).catch(() => [])).length === 0) return;
      const status = await providerStatus(session.root, provider, signal);
      if (!signal.aborted) found(provider, status);
    }),
  );
}

function cellItem({ session, provider, cell, isUsed, status }: CellNode): vscode.TreeItem {
  const item = new vscode.TreeItem(provider);
  item.id = `${session.root}:${provider}:${cell.scheduler_url}`;
  item.contextValue = isUsed ? 'cell.used' : 'cell.spare';
  const host = URL.canParse(cell.scheduler_url) ? new URL(cell.scheduler_url).host : cell.scheduler_url;
  const state = stateOf(isUsed, status);
  item.description = [status?.cell_id ?? host, vscode.l10n.t('tenant {0}', cell.tenant_name), state].join(' · ');
  item.iconPath = iconOf(isUsed, status);
  const reason = status?.requirements.find(({ met }) => !met)?.message;
  item.tooltip = new vscode.MarkdownString(
    [
      markdown`**${provider}** · ${state}\n`,
      ...(reason === undefined ? [] : [markdown`${reason}\n`]),
      markdown`- ${vscode.l10n.t('Scheduler')}: ${cell.scheduler_url}`,
      ...(status?.cell_id == null ? [] : [markdown`- ${vscode.l10n.t('Cell')}: ${status.cell_id}`]),
      markdown`- ${vscode.l10n.t('Tenant')}: ${cell.tenant_name}`,
      markdown`- ${vscode.l10n.t('CA certificate')}: ${cell.ca_cert}`,
      markdown`- ${vscode.l10n.t('Tenant certificate')}: ${cell.tenant_cert}`,
      markdown`- ${vscode.l10n.t('Key')}: ${keyText(cell)}`,
    ].join('\n'),
  );
  item.accessibilityInformation = { label: `${provider}, ${item.description}` };
  return item;
}

function keyText({ tenant_key }: CloudCell): string {
  return tenant_key.startsWith('secret:') ? vscode.l10n.t('in the secret storage of an editor') : tenant_key;
}

function stateOf(isUsed: boolean, status: ProviderStatus | undefined): string {
  if (!isUsed) return vscode.l10n.t('not used');
  if (status === undefined) return vscode.workspace.isTrusted ? vscode.l10n.t('asking…') : vscode.l10n.t('not asked');
  if (!status.ready) return vscode.l10n.t('not ready');
  return status.last_heartbeat === null
    ? vscode.l10n.t('ready')
    : vscode.l10n.t('ready, last heartbeat {0}', timeText(new Date(status.last_heartbeat)));
}

function iconOf(isUsed: boolean, status: ProviderStatus | undefined): vscode.ThemeIcon {
  if (!isUsed || status === undefined) return new vscode.ThemeIcon('circle-outline');
  return status.ready
    ? new vscode.ThemeIcon('pass', new vscode.ThemeColor('charts.green'))
    : new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
}

function problemItem({ text }: ProblemNode): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('The cells cannot be listed'));
  item.description = text;
  item.tooltip = text;
  item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
  return item;
}
