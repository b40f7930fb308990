import * as vscode from 'vscode';
import type { CellPlan } from '../../toolchain/cloud/planCell.ts';
import { markdown } from '../shown/markdown.ts';

/** The plan of a cell as a page of Markdown: all that a person should know before it is made. */
export function planPage(plan: CellPlan): string {
  const { name, provider, account, principal, region, size, target, found, resources, open, price } = plan;
  const isThere = found.state !== 'absent' && found.state !== 'failed';
  return [
    markdown`# ${vscode.l10n.t('Cell {0} of {1}', name, provider)}`,
    '',
    markdown`- **${vscode.l10n.t('Account')}**: ${account}`,
    markdown`- **${vscode.l10n.t('As')}**: ${principal}`,
    markdown`- **${vscode.l10n.t('Region')}**: ${region}`,
    markdown`- **${vscode.l10n.t('Machine')}**: ${size}, Debian 13, ${target}`,
    markdown`- **${vscode.l10n.t('Price')}**: ${vscode.l10n.t('unknown; the page of {0} has it', provider)}: ${price.see}`,
    ...(found.state === 'failed'
      ? ['', markdown`${vscode.l10n.t('First, this is removed, which failed')}: ${found.resource}: ${found.why}`]
      : []),
    '',
    markdown`## ${isThere ? vscode.l10n.t('What is there') : vscode.l10n.t('What is made')}`,
    '',
    ...resources.map((one) => markdown`- ${one.type}: ${one.name}`),
    '',
    markdown`## ${vscode.l10n.t('Who can reach it')}`,
    '',
    ...open.map(
      ({ port, from, until }) =>
        markdown`- ${vscode.l10n.t('TCP port {0}, from {1}, until {2}', port, from === '0.0.0.0/0' ? 'EVERYBODY (0.0.0.0/0)' : from, until)}`,
    ),
    markdown`- ${vscode.l10n.t('Nothing else, to nobody. The machine itself may connect to anywhere.')}`,
    '',
  ].join('\n');
}
