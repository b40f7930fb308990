import * as vscode from 'vscode';
import type { NotConfirmedError } from '../../toolchain/confirm/notConfirmed.ts';
import { notice } from './notice.ts';

/**
 * Asks about a cell or stack that this user did not make, and remembers a yes.
 *
 * @returns whether it may be used now
 */
export async function confirmUse(refusal: NotConfirmedError): Promise<boolean> {
  const use = vscode.l10n.t('Use It');
  const detail = refusal.facts.map(([name, value]) => `${name}: ${value}`).join('\n');
  if ((await notice('warning', refusal.question, [use], { modal: true, detail })) !== use) return false;
  await refusal.confirm();
  return true;
}
