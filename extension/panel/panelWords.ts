import * as vscode from 'vscode';
import type { PanelWords } from './panelMessages.ts';

/** The words of the panel's page in the editor's language. */
export function panelWords(): PanelWords {
  const { t } = vscode.l10n;
  return {
    empty: t('Run a tasklet, and its output, log and costs are shown here.'),
    output: t('Output'),
    noOutput: t('The run gave no output.'),
    log: t('Log'),
    noLog: t('The run logged nothing.'),
    input: t('Input'),
    inputLabel: t('Input of the next run'),
    profile: t('Profile'),
    functions: t('Fuel of each function'),
    lines: t('Fuel of each line'),
    flame: t('Flame graph: callers above what they call, as wide as their fuel'),
    details: t('Details'),
    artifacts: t('Artifacts'),
    error: t('What went wrong'),
    places: t('Where it failed'),
    actions: t('Actions of this run'),
    views: t('Forms of the output'),
    tree: t('Tree'),
    table: t('Table'),
    text: t('Text'),
    picture: t('Picture'),
    hex: t('Bytes'),
    copy: t('Copy'),
    save: t('Save As…'),
    more: t('Show more ({0} left)'),
    showNewer: t('Show It'),
    edited: t('edited; Run Again uses it'),
  };
}
