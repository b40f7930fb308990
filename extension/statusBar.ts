import * as vscode from 'vscode';
import { formatSize } from '../program/size.ts';
import type { Grafos } from './grafos.ts';
import { COMMANDS, VIEWS } from './ids.ts';
import { programName } from './program/programName.ts';
import type { ProgramSession } from './program/programSession.ts';
import { markdown } from './shown/markdown.ts';
import { devOf, type StackState, type StackStateKind } from './stack/stackState.ts';
import { stackWord, timeText } from './views/texts.ts';

const ICON: Record<StackStateKind, string> = {
  stopped: '$(circle-outline)',
  starting: '$(loading~spin)',
  running: '$(pass-filled)',
  unhealthy: '$(warning)',
  stopping: '$(loading~spin)',
  failed: '$(error)',
};

/**
 * The state of the active program's stack at the bottom left. A click opens the view; it never
 * starts or stops anything.
 */
export function statusBar({ programs }: Grafos): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('grafos.stack', vscode.StatusBarAlignment.Left, 10);
  item.name = vscode.l10n.t('grafOS Local Stack');
  item.command = `${VIEWS.stack}.focus`;
  let followed: vscode.Disposable | undefined;
  const draw = (session: ProgramSession) => {
    const { state } = session.stack;
    item.text = `${ICON[state.kind]} grafOS`;
    item.accessibilityInformation = {
      label: vscode.l10n.t('grafOS local stack: {0}', stackWord(state.kind)),
      role: 'button',
    };
    item.backgroundColor = backgroundOf(state);
    item.tooltip = hoverCard(session, state);
    item.show();
  };
  const follow = () => {
    followed?.dispose();
    const session = programs.active;
    if (session === undefined || !vscode.workspace.isTrusted) {
      item.hide();
      return;
    }
    followed = new vscode.Disposable(session.stack.onChanged(() => draw(session)).dispose);
    draw(session);
  };
  follow();
  return vscode.Disposable.from(item, programs.onDidChange(follow), new vscode.Disposable(() => followed?.dispose()));
}

function backgroundOf({ kind }: StackState): vscode.ThemeColor | undefined {
  if (kind === 'failed') return new vscode.ThemeColor('statusBarItem.errorBackground');
  return kind === 'unhealthy' ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
}

function hoverCard({ root }: ProgramSession, state: StackState): vscode.MarkdownString {
  const card = new vscode.MarkdownString('', true);
  card.isTrusted = {
    enabledCommands: [
      COMMANDS.stackStart,
      COMMANDS.stackStop,
      COMMANDS.stackRestart,
      COMMANDS.stackDoctor,
      COMMANDS.stackDashboard,
      COMMANDS.stackLogs,
    ],
  };
  card.appendMarkdown(
    markdown`**${vscode.l10n.t('grafOS local stack')}** · ${stackWord(state.kind)}\n\n${programName(root)}\n\n`,
  );
  const dev = devOf(state);
  if (dev !== undefined) {
    card.appendMarkdown(
      markdown`${[
        `fabricbiosd: ${dev.fabric.transport} ${dev.fabric.control}, ${formatSize(dev.fabric.mem_capacity)}`,
        `scheduler: ${new URL(dev.scheduler_url).host}`,
        `helper: ${new URL(dev.helper.url).host}`,
        vscode.l10n.t('since {0}', timeText(new Date(dev.started_at))),
      ]}\n\n`,
    );
  }
  if (state.kind === 'unhealthy') {
    card.appendMarkdown(markdown`${vscode.l10n.t('Ended: {0}', state.dead.join(', '))}\n\n`);
  }
  if (state.kind === 'failed') card.appendMarkdown(markdown`${state.error.message}\n\n`);
  card.appendMarkdown(linksOf(state).join(' · '));
  return card;
}

function linksOf(state: StackState): string[] {
  const link = (label: string, command: string) => `${markdown`[${label}]`}(command:${command})`;
  const start = link(vscode.l10n.t('Start'), COMMANDS.stackStart);
  const logs = link(vscode.l10n.t('Logs'), COMMANDS.stackLogs);
  const doctor = link(vscode.l10n.t('Doctor'), COMMANDS.stackDoctor);
  if (devOf(state) === undefined)
    return state.kind === 'stopped' || state.kind === 'failed' ? [start, doctor, logs] : [logs];
  return [
    link(vscode.l10n.t('Stop'), COMMANDS.stackStop),
    link(vscode.l10n.t('Restart'), COMMANDS.stackRestart),
    link(vscode.l10n.t('Dashboard'), COMMANDS.stackDashboard),
    doctor,
    logs,
  ];
}
