import * as vscode from 'vscode';
import type { RunState } from '../../daemons/wire/tenantApi.ts';
import type { StackStateKind } from '../stack/stackState.ts';

export function stackWord(kind: StackStateKind): string {
  switch (kind) {
    case 'stopped':
      return vscode.l10n.t('stopped');
    case 'starting':
      return vscode.l10n.t('starting');
    case 'running':
      return vscode.l10n.t('running');
    case 'unhealthy':
      return vscode.l10n.t('unhealthy');
    case 'stopping':
      return vscode.l10n.t('stopping');
    case 'failed':
      return vscode.l10n.t('failed');
  }
}

export function runWord(state: RunState): string {
  switch (state) {
    case 'admitted':
      return vscode.l10n.t('admitted');
    case 'placed':
      return vscode.l10n.t('placed');
    case 'running':
      return vscode.l10n.t('running');
    case 'succeeded':
      return vscode.l10n.t('succeeded');
    case 'failed':
      return vscode.l10n.t('failed');
    case 'cancelled':
      return vscode.l10n.t('cancelled');
  }
}

/** `12 m`, `3 h`: coarse, because it is redrawn once a minute. */
export function ageText(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes === 0) return vscode.l10n.t('< 1 m');
  if (minutes < 60) return vscode.l10n.t('{0} m', minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? vscode.l10n.t('{0} h', hours) : vscode.l10n.t('{0} d', Math.floor(hours / 24));
}

/** The time of day, with the date in front when it was another day. */
export function timeText(at: Date): string {
  const time = at.toLocaleTimeString(vscode.env.language, { hour: '2-digit', minute: '2-digit' });
  return at.toDateString() === new Date().toDateString()
    ? time
    : `${at.toLocaleDateString(vscode.env.language, { month: 'short', day: 'numeric' })} ${time}`;
}

/** The time of day with seconds: runs often follow each other within a minute. */
export function clockText(at: Date): string {
  return at.toLocaleTimeString(vscode.env.language, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

/** The day in words: today, yesterday, or its date. */
export function dayText(at: Date): string {
  const now = new Date();
  if (at.toDateString() === now.toDateString()) return vscode.l10n.t('Today');
  if (at.toDateString() === new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1).toDateString())
    return vscode.l10n.t('Yesterday');
  return at.toLocaleDateString(vscode.env.language, {
    weekday: 'long',
    year: 'numeric',
    month: 'short',
    day: 'numeric',
  });
}

/** `1 204`: digits in groups, as the language of the editor writes them. */
export function countText(count: number): string {
  return count.toLocaleString(vscode.env.language);
}

export function durationText(microseconds: number): string {
  if (microseconds < 1_000) return `${microseconds} µs`;
  if (microseconds < 1_000_000) return `${(microseconds / 1_000).toFixed(1)} ms`;
  return `${(microseconds / 1e6).toFixed(2)} s`;
}
