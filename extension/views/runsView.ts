import * as vscode from 'vscode';
import { formatSize } from '../../program/size.ts';
import { artifactUri } from '../documents/artifactUri.ts';
import type { Grafos } from '../grafos.ts';
import { COMMANDS, VIEWS } from '../ids.ts';
import { errorWord } from '../runs/errorWord.ts';
import type { RunEntry } from '../runs/runsModel.ts';
import { markdown } from '../shown/markdown.ts';
import { liveView } from './liveView.ts';
import type { ArtifactNode, RunNode } from './nodes.ts';
import { countText, durationText, runWord, timeText } from './texts.ts';

/** The view "Runs": what ran where and how it ended, with its artifacts. */
export function runsView(grafos: Grafos): vscode.Disposable {
  const nodes = new WeakMap<RunEntry, RunNode>();
  return liveView<RunNode | ArtifactNode>(grafos, {
    id: VIEWS.runs,
    children: async (session, node) => {
      if (node?.kind === 'artifact') return [];
      if (node !== undefined) {
        const { entry } = node;
        const { connectTarget } = await import('../../toolchain/deploy/connectTarget.ts');
        const { resolveProvider } = await import('../../toolchain/deploy/resolveProvider.ts');
        using client = await connectTarget(await resolveProvider(entry.root, entry.provider));
        const artifacts = await client.listArtifacts(entry.run.run_id);
        return artifacts.map((artifact) => ({ kind: 'artifact', session, entry, artifact }));
      }
      return session.runs.entries.map((entry) => {
        const known = nodes.get(entry) ?? { kind: 'run', session, entry };
        nodes.set(entry, known);
        return known;
      });
    },
    parent: (node) => (node.kind === 'artifact' ? nodes.get(node.entry) : undefined),
    item: (node) => (node.kind === 'run' ? runItem(node) : artifactItem(node)),
    listen: (session, changed) => [
      session.runs.onChanged((entry) => changed(entry === undefined ? undefined : nodes.get(entry))),
    ],
  });
}

function runItem({ entry, session }: RunNode): vscode.TreeItem {
  const { run, provider } = entry;
  const { response } = run;
  const hasEnded = run.ended_at !== null;
  const item = new vscode.TreeItem(
    run.tasklet,
    hasEnded ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
  );
  // Another id once there are artifacts, because the tree remembers for each id whether it can be opened.
  item.id = `${session.root}:${run.run_id}:${hasEnded}`;
  item.contextValue = `run.${run.state}`;
  const how = response?.error != null ? `${runWord(run.state)}: ${errorWord(response.error)}` : runWord(run.state);
  const facts = [
    provider,
    how,
    ...(response === null ? [] : [durationText(response.duration_us)]),
    timeText(new Date(run.created_at)),
  ];
  item.description = facts.join(' · ');
  item.iconPath = runIcon(run.state);
  const costs =
    response === null
      ? []
      : [
          `${vscode.l10n.t('fuel {0}', countText(response.fuel_used))}, ${vscode.l10n.t('{0} of linear memory', formatSize(response.linear_memory_peak))}`,
          ...(response.error === null ? [] : response.error.message.split('\n')),
        ];
  item.tooltip = new vscode.MarkdownString(
    markdown`**${run.tasklet}** · ${run.run_id}\n\n${[how, `${run.cell_id} (${run.provider})`, ...costs]}`,
  );
  item.accessibilityInformation = { label: `${run.tasklet}, ${item.description}` };
  item.command = {
    command: COMMANDS.runOpen,
    title: vscode.l10n.t('Open Run'),
    arguments: [{ kind: 'run', session, entry }],
  };
  return item;
}

function runIcon(state: RunEntry['run']['state']): vscode.ThemeIcon {
  switch (state) {
    case 'succeeded':
      return new vscode.ThemeIcon('pass', new vscode.ThemeColor('charts.green'));
    case 'failed':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
    case 'cancelled':
      return new vscode.ThemeIcon('circle-slash');
    case 'admitted':
    case 'placed':
    case 'running':
      return new vscode.ThemeIcon('loading~spin');
  }
}

function artifactItem({ entry, artifact }: ArtifactNode): vscode.TreeItem {
  const item = new vscode.TreeItem(artifact.name);
  item.contextValue = 'artifact.file';
  item.description = artifact.size === 0 ? vscode.l10n.t('empty') : formatSize(artifact.size);
  item.tooltip = `SHA-256 ${artifact.sha256}`;
  const uri = artifactUri(entry, artifact.name);
  item.iconPath = vscode.ThemeIcon.File;
  item.resourceUri = uri;
  item.command = { command: 'vscode.open', title: vscode.l10n.t('Open'), arguments: [uri, { preview: true }] };
  return item;
}
