import * as vscode from 'vscode';
import type { CellReport } from '../../toolchain/deploy/cellReport.ts';
import type { CloudCell, CloudProvider } from '../../toolchain/deploy/cloudCells.ts';
import { madeCells } from '../cells/madeCells.ts';
import type { Grafos } from '../grafos.ts';
import { VIEWS } from '../ids.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { markdown } from '../shown/markdown.ts';
import { liveView } from './liveView.ts';
import type { CellNode, ProblemNode } from './nodes.ts';
import { timeText } from './texts.ts';

/**
 * The view "Cells": the cells of clouds that the program was given, each with its region, version
 * and state. All are asked for their state when the view opens.
 */
export function cellsView(grafos: Grafos): vscode.Disposable {
  let drawn: CellNode[] = [];
  return liveView<CellNode | ProblemNode>(grafos, {
    id: VIEWS.cells,
    children: async (session, node) => {
      if (node !== undefined) return [];
      const { CLOUD_PROVIDERS, readCloudCells } = await import('../../toolchain/deploy/cloudCells.ts');
      const made = new Set((await madeCells(session.root)).map(({ url }) => url));
      const before = drawn;
      drawn = [];
      const problems: ProblemNode[] = [];
      for (const provider of CLOUD_PROVIDERS) {
        try {
          const cells = await readCloudCells(session.root, provider);
          drawn.push(...cells.map((cell) => nodeOf(before, session, provider, cell, made)));
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
        askAll(session, asked.signal, (provider, report) => {
          const node = drawn.find(
            ({ session: own, provider: of, cell }) =>
              own === session && of === provider && cell.scheduler_url === report.scheduler_url,
          );
          if (node === undefined) return;
          node.report = report;
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
  made: ReadonlySet<string | null>,
): CellNode {
  const known = before.find(
    (one) => one.session === session && one.provider === provider && one.cell.scheduler_url === cell.scheduler_url,
  );
  return { kind: 'cell', session, provider, cell, isMade: made.has(cell.scheduler_url), report: known?.report };
}

async function askAll(
  session: ProgramSession,
  signal: AbortSignal,
  found: (provider: CloudProvider, report: CellReport) => void,
): Promise<void> {
  const { CLOUD_PROVIDERS, readCloudCells } = await import('../../toolchain/deploy/cloudCells.ts');
  const { providerStatus } = await import('../../toolchain/deploy/providerStatus.ts');
  await Promise.all(
    CLOUD_PROVIDERS.map(async (provider) => {
      if ((await readCloudCells(session.root, provider).catch(() => [])).length === 0) return;
      const { cells } = await providerStatus(session.root, provider, signal);
      if (!signal.aborted) for (const report of cells) found(provider, report);
    }),
  );
}

function cellItem({ session, provider, cell, isMade, report }: CellNode): vscode.TreeItem {
  const host = URL.canParse(cell.scheduler_url) ? new URL(cell.scheduler_url).host : cell.scheduler_url;
  const item = new vscode.TreeItem(`${provider}: ${cell.name ?? host}`);
  item.id = `${session.root}:${provider}:${cell.scheduler_url}`;
  item.contextValue = isMade ? 'cell.made' : 'cell.adopted';
  const state = stateOf(report);
  const next = report?.is_next === true ? [vscode.l10n.t('deploys go here')] : [];
  const region = report?.region ?? null;
  item.description = [
    ...next,
    ...(region === null ? [] : [region]),
    vscode.l10n.t('tenant {0}', cell.tenant_name),
    state,
  ].join(' · ');
  item.iconPath = iconOf(report);
  item.tooltip = new vscode.MarkdownString(
    [
      markdown`**${provider}** · ${state}\n`,
      ...(report === undefined || report.ready ? [] : [markdown`${report.message}\n`]),
      markdown`- ${vscode.l10n.t('Scheduler')}: ${cell.scheduler_url}`,
      ...(report === undefined ? [] : factsOf(report).map(([fact, value]) => markdown`- ${fact}: ${value}`)),
      markdown`- ${vscode.l10n.t('Tenant')}: ${cell.tenant_name}`,
      markdown`- ${vscode.l10n.t('CA certificate')}: ${cell.ca_cert}`,
      markdown`- ${vscode.l10n.t('Tenant certificate')}: ${cell.tenant_cert}`,
      markdown`- ${vscode.l10n.t('Key')}: ${keyText(cell)}`,
    ].join('\n'),
  );
  item.accessibilityInformation = { label: `${provider}, ${item.description}` };
  return item;
}

/** The facts that a cell says of itself, for people. */
function factsOf({ cell_id, region, version, certificate_ends, cost }: CellReport): Array<[string, string]> {
  const unknown = vscode.l10n.t('unknown');
  return [
    [vscode.l10n.t('Cell'), cell_id ?? unknown],
    [vscode.l10n.t('Region'), region ?? unknown],
    [vscode.l10n.t('Version'), version ?? unknown],
    [vscode.l10n.t('Certificate ends'), certificate_ends === null ? unknown : timeText(new Date(certificate_ends))],
    [vscode.l10n.t('Cost'), cost],
  ];
}

function keyText({ tenant_key }: CloudCell): string {
  return tenant_key.startsWith('secret:') ? vscode.l10n.t('in the secret storage of an editor') : tenant_key;
}

function stateOf(report: CellReport | undefined): string {
  if (report === undefined) return vscode.workspace.isTrusted ? vscode.l10n.t('asking…') : vscode.l10n.t('not asked');
  if (!report.ready) return vscode.l10n.t('not ready');
  return report.last_heartbeat === null
    ? vscode.l10n.t('ready')
    : vscode.l10n.t('ready, last heartbeat {0}', timeText(new Date(report.last_heartbeat)));
}

function iconOf(report: CellReport | undefined): vscode.ThemeIcon {
  if (report === undefined) return new vscode.ThemeIcon('circle-outline');
  return report.ready
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
