import * as vscode from 'vscode';
import { formatSize } from '../../program/size.ts';
import { artifactUri } from '../documents/artifactUri.ts';
import type { Grafos } from '../grafos.ts';
import { COMMANDS, VIEWS } from '../ids.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { errorWord } from '../runs/errorWord.ts';
import { inputName } from '../runs/inputName.ts';
import { matchesRun } from '../runs/matchesRun.ts';
import { runContext } from '../runs/runContext.ts';
import type { RunInputs } from '../runs/runInputs.ts';
import type { RunEntry } from '../runs/runsModel.ts';
import type { RunsShown } from '../runs/runsShown.ts';
import { markdown } from '../shown/markdown.ts';
import { devOf } from '../stack/stackState.ts';
import { liveView } from './liveView.ts';
import type { ArtifactNode, OlderRunsNode, RunGroupNode, RunNode } from './nodes.ts';
import { clockText, countText, dayText, durationText, runWord, timeText } from './texts.ts';

/** Runs that one group shows. A filter finds the others. */
const GROUP_MAX = 2_000;

/**
 * The view "Runs": runs in groups, each with its time, provider, end and artifacts. While the stack
 * is stopped it lists the runs that were seen last, and says so.
 */
export function runsView(grafos: Grafos, inputs: RunInputs, runsShown: RunsShown): vscode.Disposable {
  const nodes = new WeakMap<RunEntry, RunNode>();
  const nodeOf = (session: ProgramSession, entry: RunEntry): RunNode => {
    const known = nodes.get(entry) ?? { kind: 'run', session, entry };
    nodes.set(entry, known);
    return known;
  };
  return liveView<RunNode | RunGroupNode | OlderRunsNode | ArtifactNode>(grafos, {
    id: VIEWS.runs,
    children: async (session, node) => {
      if (node?.kind === 'artifact' || node?.kind === 'olderRuns') return [];
      if (node?.kind === 'runGroup') {
        return node.entries.slice(0, GROUP_MAX).map((entry) => nodeOf(session, entry));
      }
      if (node !== undefined) {
        const { entry } = node;
        using client = await session.connect(entry.provider, entry.cell);
        const artifacts = await client.listArtifacts(entry.run.run_id);
        return artifacts.map((artifact) => ({ kind: 'artifact', session, entry, artifact }));
      }
      const { filter, group } = runsShown;
      const entries = session.runs.entries.filter((entry) => matchesRun(entry, inputName(inputs, entry), filter));
      const older: OlderRunsNode[] = session.runs.hasOlder ? [{ kind: 'olderRuns', session }] : [];
      if (group === 'none') {
        return [...entries.slice(0, GROUP_MAX).map((entry) => nodeOf(session, entry)), ...older];
      }
      const groups = Map.groupBy(entries, ({ run }) =>
        group === 'day' ? new Date(run.created_at).toDateString() : run.tasklet,
      );
      return [
        ...[...groups].map(
          ([key, its], index): RunGroupNode => ({
            kind: 'runGroup',
            session,
            label: group === 'day' ? dayText(new Date(key)) : key,
            entries: its,
            isOpen: index === 0 || filter !== '',
          }),
        ),
        ...older,
      ];
    },
    parent: (node) => (node.kind === 'artifact' ? nodes.get(node.entry) : undefined),
    item: (node) => {
      switch (node.kind) {
        case 'run':
          return runItem(node, inputName(inputs, node.entry));
        case 'runGroup':
          return groupItem(node, runsShown);
        case 'olderRuns':
          return olderItem(node);
        case 'artifact':
          return artifactItem(node);
      }
    },
    description: (session) => {
      const isStopped = devOf(session.stack.state) === undefined;
      return [
        ...(isStopped && session.runs.size > 0 ? [vscode.l10n.t('stack stopped, last known runs')] : []),
        ...(runsShown.filter === '' ? [] : [vscode.l10n.t('filter: {0}', runsShown.filter)]),
      ].join(' · ');
    },
    listen: (session, changed) =>
      [
        session.runs.onChanged((entry) => changed(entry === undefined ? undefined : nodes.get(entry))),
        session.stack.onChanged(() => changed()),
        runsShown.onChanged(() => changed()),
      ].map((one) => new vscode.Disposable(() => one.dispose())),
  });
}

function groupItem({ session, label, entries, isOpen }: RunGroupNode, { filter, group }: RunsShown): vscode.TreeItem {
  const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(label, isOpen ? Expanded : Collapsed);
  // The tree remembers by the id which groups are open. Another filter or grouping has other ids.
  item.id = `${session.root}:${group}:${filter}:${label}`;
  item.contextValue = 'runGroup';
  const failed = entries.filter(({ run }) => run.state === 'failed').length;
  item.description = [
    countText(entries.length),
    ...(failed === 0 ? [] : [vscode.l10n.t('{0} failed', countText(failed))]),
    ...(entries.length > GROUP_MAX ? [vscode.l10n.t('the newest {0} are listed', countText(GROUP_MAX))] : []),
  ].join(' · ');
  return item;
}

function olderItem(node: OlderRunsNode): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Load older runs'));
  item.iconPath = new vscode.ThemeIcon('fold-down');
  item.command = { command: COMMANDS.runsMore, title: vscode.l10n.t('Load Older Runs'), arguments: [node] };
  return item;
}

function runItem({ entry, session }: RunNode, input: string): vscode.TreeItem {
  const { run, provider } = entry;
  const { response } = run;
  const hasEnded = run.ended_at !== null;
  const item = new vscode.TreeItem(
    run.tasklet,
    hasEnded ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
  );
  // The id changes once there are artifacts, because the tree remembers for each id whether it can
  // be opened.
  item.id = `${session.root}:${run.run_id}:${hasEnded}`;
  item.contextValue = runContext(run);
  const how = response?.error != null ? `${runWord(run.state)}: ${errorWord(response.error)}` : runWord(run.state);
  const at = new Date(run.created_at);
  // The icon shows the end. The other facts distinguish runs, and the time does so best.
  item.description = [
    clockText(at),
    ...(provider === 'local' ? [] : [provider]),
    ...(response?.error == null ? [] : [errorWord(response.error)]),
    ...(response === null ? [] : [durationText(response.duration_us)]),
    ...(input === '' ? [] : [input]),
  ].join(' · ');
  item.iconPath = runIcon(run.state);
  const costs =
    response === null
      ? []
      : [
          `${vscode.l10n.t('fuel {0}', countText(response.fuel_used))}, ${vscode.l10n.t('{0} of linear memory', formatSize(response.linear_memory_peak))}`,
          ...(response.error === null ? [] : response.error.message.split('\n')),
        ];
  item.tooltip = new vscode.MarkdownString(
    markdown`**${run.tasklet}** · ${run.run_id}\n\n${[how, timeText(at), `${run.cell_id} (${provider})`, input, ...costs]}`,
  );
  item.accessibilityInformation = { label: `${run.tasklet}, ${how}, ${item.description}` };
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
