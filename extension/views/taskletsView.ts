import { join, sep } from 'node:path';
import * as vscode from 'vscode';
import { rustSource } from '../../program/rustSource.ts';
import { formatSize } from '../../program/size.ts';
import type { Grafos } from '../grafos.ts';
import { VIEWS } from '../ids.ts';
import { markdown } from '../shown/markdown.ts';
import type { TaskletEntry } from '../tasklets/taskletsModel.ts';
import { liveView } from './liveView.ts';
import type { ProblemNode, TaskletNode } from './nodes.ts';
import { countText, runWord, timeText } from './texts.ts';

/** The view "Tasklets": the state of each build, what was found wrong, what its last run cost. */
export function taskletsView(grafos: Grafos): vscode.Disposable {
  const nodes = new WeakMap<TaskletEntry, TaskletNode>();
  /** The node of each tasklet as it is drawn now: only by it can the tree redraw one item. */
  let drawn = new Map<string, TaskletNode>();

  return liveView<TaskletNode | ProblemNode>(grafos, {
    id: VIEWS.tasklets,
    children: (session, node) => {
      if (node !== undefined) return [];
      const { entries, problem } = session.tasklets;
      drawn = new Map(
        entries.map((entry) => {
          const known = nodes.get(entry) ?? ({ kind: 'tasklet', session, entry } as const);
          nodes.set(entry, known);
          return [entry.tasklet.name, known];
        }),
      );
      const broken: ProblemNode[] =
        problem === undefined
          ? []
          : [{ kind: 'problem', session, text: problem.message, file: join(session.root, 'grafos.toml') }];
      return [...broken, ...drawn.values()];
    },
    item: (node) => (node.kind === 'problem' ? problemItem(node) : taskletItem(node)),
    listen: (session, changed) => [
      session.tasklets.onChanged((entry) => {
        const node = entry === undefined ? undefined : drawn.get(entry.tasklet.name);
        if (entry !== undefined && node !== undefined) {
          node.entry = entry;
          nodes.set(entry, node);
        }
        changed(node);
      }),
      session.runs.onChanged((entry) => {
        const node = entry === undefined ? undefined : drawn.get(entry.run.tasklet);
        if (entry === undefined) for (const one of drawn.values()) changed(one);
        else if (node !== undefined) changed(node);
      }),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        for (const node of drawn.values()) if (uris.some((uri) => belongsTo(node.entry, uri))) changed(node);
      }),
    ],
  });
}

function problemItem({ text, file }: ProblemNode): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('The manifest cannot be used'));
  item.description = text;
  item.tooltip = text;
  item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
  if (file !== undefined) item.command = openFile(vscode.Uri.file(file));
  return item;
}

function taskletItem({ session, entry }: TaskletNode): vscode.TreeItem {
  const { tasklet, state, built, why } = entry;
  const item = new vscode.TreeItem(tasklet.name);
  item.id = `${session.root}:${tasklet.name}`;
  item.contextValue = `tasklet.${state}`;
  const problems = findingsOf(entry);
  const errors = problems.filter(({ severity }) => severity === vscode.DiagnosticSeverity.Error).length;
  const last = session.runs.lastOf(tasklet.name)?.run;
  const facts: string[] = [];
  if (problems.length > 0) {
    facts.push(problems.length === 1 ? vscode.l10n.t('1 problem') : vscode.l10n.t('{0} problems', problems.length));
  }
  if (state === 'lost') facts.push(vscode.l10n.t('source is missing'));
  else if (built === null) facts.push(vscode.l10n.t('not built'));
  else if (state === 'stale') facts.push(vscode.l10n.t('out of date'));
  else if (state === 'broken') facts.push(vscode.l10n.t('not a module'));
  else facts.push(vscode.l10n.t('built {0}', timeText(new Date(built.at))), formatSize(built.bytes));
  if (last?.response) facts.push(vscode.l10n.t('fuel {0} last run', countText(last.response.fuel_used)));
  item.description = facts.join(' · ');
  item.iconPath = iconOf(state, errors, problems.length);
  item.tooltip = new vscode.MarkdownString(
    [
      markdown`**${tasklet.name}** (${tasklet.kind})\n\n${why}\n`,
      markdown`- ${vscode.l10n.t('Source')}: ${tasklet.source}`,
      markdown`- ${vscode.l10n.t('Module')}: ${tasklet.output}`,
      markdown`- ${vscode.l10n.t('Fuel')}: ${countText(tasklet.fuel)}`,
      markdown`- ${vscode.l10n.t('Linear memory')}: ${formatSize(tasklet.linear_memory_bytes)}`,
      markdown`- ${vscode.l10n.t('Fabric memory')}: ${tasklet.mem_bytes === 0 ? vscode.l10n.t('none') : formatSize(tasklet.mem_bytes)}`,
      ...(last === undefined
        ? []
        : [markdown`- ${vscode.l10n.t('Last run')}: ${runWord(last.state)} · ${timeText(new Date(last.created_at))}`]),
    ].join('\n'),
  );
  item.accessibilityInformation = { label: `${tasklet.name}, ${item.description}` };
  const source = tasklet.kind === 'rust' ? rustSource(tasklet.source).entry : tasklet.source;
  item.command = openFile(vscode.Uri.file(join(session.root, source)));
  return item;
}

function iconOf(state: TaskletEntry['state'], errors: number, problems: number): vscode.ThemeIcon {
  if (errors > 0 || state === 'broken' || state === 'lost')
    return new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
  if (problems > 0) return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  if (state === 'built') return new vscode.ThemeIcon('pass', new vscode.ThemeColor('charts.green'));
  return new vscode.ThemeIcon(state === 'stale' ? 'history' : 'circle-outline');
}

/** The findings of the language server in a tasklet's files. */
function findingsOf(entry: TaskletEntry): vscode.Diagnostic[] {
  return vscode.languages
    .getDiagnostics()
    .filter(([uri]) => belongsTo(entry, uri))
    .flatMap(([, diagnostics]) => diagnostics)
    .filter(({ source }) => source === 'grafos');
}

function belongsTo({ root, tasklet }: TaskletEntry, uri: vscode.Uri): boolean {
  if (uri.scheme !== 'file') return false;
  return [tasklet.source, tasklet.output, tasklet.fixtures].some((path) => {
    const place = join(root, path);
    return uri.fsPath === place || uri.fsPath.startsWith(place + sep);
  });
}

function openFile(uri: vscode.Uri): vscode.Command {
  return { command: 'vscode.open', title: vscode.l10n.t('Open'), arguments: [uri] };
}
