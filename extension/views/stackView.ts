import * as vscode from 'vscode';
import { DAEMON_NAMES, type DaemonName, type DevState } from '../../daemons/wire/devState.ts';
import { formatSize } from '../../program/size.ts';
import type { Grafos } from '../grafos.ts';
import { COMMANDS, VIEWS } from '../ids.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { markdown } from '../shown/markdown.ts';
import { LeaseMeter } from '../stack/leaseMeter.ts';
import { devOf } from '../stack/stackState.ts';
import { liveView } from './liveView.ts';
import type { DaemonNode, StackNode } from './nodes.ts';
import { ageText, stackWord } from './texts.ts';

const MINUTE_MS = 60_000;

/** The view "Local stack": its daemons with their addresses, leased memory and age. */
export function stackView(grafos: Grafos): vscode.Disposable {
  const meters = new WeakMap<ProgramSession, LeaseMeter>();
  const meterOf = (session: ProgramSession): LeaseMeter => {
    const meter = meters.get(session) ?? new LeaseMeter(session.root);
    meters.set(session, meter);
    return meter;
  };
  const nodes = new WeakMap<ProgramSession, Map<DaemonName, DaemonNode>>();
  const daemonNode = (session: ProgramSession, name: DaemonName): DaemonNode => {
    const known = nodes.get(session) ?? new Map<DaemonName, DaemonNode>();
    nodes.set(session, known);
    const node = known.get(name) ?? { kind: 'daemon', session, name };
    known.set(name, node);
    return node;
  };

  return liveView<StackNode | DaemonNode>(grafos, {
    id: VIEWS.stack,
    children: (session, node) => {
      if (node !== undefined) return [];
      const { state } = session.stack;
      if (devOf(state) !== undefined) return DAEMON_NAMES.map((name) => daemonNode(session, name));
      // A stopped stack is shown by the view's welcome with its start button.
      return state.kind === 'stopped' ? [] : [{ kind: 'stack', session }];
    },
    item: (node) =>
      node.kind === 'stack' ? stackItem(node) : daemonItem(node, meterOf(node.session).leased ?? undefined),
    description: (session) => {
      const { state } = session.stack;
      const dev = devOf(state);
      const word = stackWord(state.kind);
      return dev === undefined ? word : `${word} · ${ageText(Date.now() - Date.parse(dev.started_at))}`;
    },
    listen: (session, changed) => {
      const meter = meterOf(session);
      const measure = () => {
        if (session.stack.state.kind !== 'running') return;
        meter.measure().then(
          (isNew) => {
            if (isNew) changed(daemonNode(session, 'fabricbiosd'));
          },
          (error: Error) => grafos.log.debug(`leased memory: ${error.message}`),
        );
      };
      measure();
      // The age is the one thing that changes by itself.
      const clock = setInterval(() => changed(daemonNode(session, 'fabricbiosd')), MINUTE_MS);
      return [
        session.stack.onChanged(() => {
          changed();
          measure();
        }),
        session.runs.onChanged(measure),
        new vscode.Disposable(() => clearInterval(clock)),
      ];
    },
  });
}

function stackItem({ session }: StackNode): vscode.TreeItem {
  const { state } = session.stack;
  const item = new vscode.TreeItem(stackWord(state.kind));
  item.contextValue = `stack.${state.kind}`;
  if (state.kind === 'starting') {
    item.description = state.step;
    item.iconPath = new vscode.ThemeIcon('loading~spin');
  } else if (state.kind === 'stopping') item.iconPath = new vscode.ThemeIcon('loading~spin');
  else if (state.kind === 'failed') {
    item.description = state.error.message;
    item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
    const { why, next } = state.error as { why?: string; next?: string };
    item.tooltip = new vscode.MarkdownString(
      markdown`${state.error.message}\n\n${[why, next].flatMap((part) => part?.split('\n') ?? [])}`,
    );
    item.command = {
      command: COMMANDS.stackLogs,
      title: vscode.l10n.t('Show Logs'),
      arguments: [{ kind: 'stack', session }],
    };
  }
  return item;
}

function daemonItem({ session, name }: DaemonNode, leased: number | undefined): vscode.TreeItem {
  const { state } = session.stack;
  const item = new vscode.TreeItem(name);
  const dev = devOf(state);
  if (dev === undefined) return item;
  const hasEnded = state.kind === 'unhealthy' && state.dead.includes(name);
  item.id = `${session.root}:${name}`;
  item.contextValue = hasEnded ? 'daemon.ended' : name === 'helper' ? 'daemon.helper' : 'daemon.running';
  const facts = daemonFacts(dev, name, leased);
  item.description = hasEnded ? vscode.l10n.t('ended') : facts;
  item.iconPath = hasEnded
    ? new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'))
    : new vscode.ThemeIcon('server-process', new vscode.ThemeColor('charts.green'));
  const { pid, log } = dev.daemons[name];
  const process = vscode.l10n.t('Process {0}, since {1}', String(pid), new Date(dev.started_at).toLocaleString());
  item.tooltip = new vscode.MarkdownString(
    markdown`**${name}**\n\n${facts}\n\n${process}\n\n${vscode.l10n.t('Log: {0}', log)}`,
  );
  item.accessibilityInformation = { label: `${name}, ${hasEnded ? vscode.l10n.t('ended') : facts}` };
  return item;
}

function daemonFacts(dev: DevState, name: DaemonName, leased: number | undefined): string {
  switch (name) {
    case 'fabricbiosd': {
      const capacity = formatSize(dev.fabric.mem_capacity);
      const memory =
        leased === undefined
          ? capacity
          : vscode.l10n.t('{0} of {1} leased', leased === 0 ? '0' : formatSize(leased), capacity);
      return `${dev.fabric.transport} ${dev.fabric.control} · ${memory}`;
    }
    case 'scheduler':
      return `https ${new URL(dev.scheduler_url).host} · mtls+token`;
    case 'helper':
      return `http ${new URL(dev.helper.url).host}`;
  }
}
