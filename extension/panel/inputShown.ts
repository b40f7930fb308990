import * as vscode from 'vscode';
import { formatSize } from '../../program/size.ts';
import { textOf } from './outputKind.ts';
import type { InputShown } from './panelMessages.ts';

/**
 * The input of a run as the panel shows it.
 *
 * @param input null where it is too large to be shown
 * @param size bytes of the whole input
 * @param name source of the input, as `fixture hello`; empty where it is not known
 */
export function inputShown(input: Uint8Array | null, size: number, name: string): InputShown {
  const text = input === null ? null : textOf(input);
  const length = size === 0 ? vscode.l10n.t('empty') : formatSize(size);
  if (text !== null) return { name, text, note: length };
  const note =
    input === null
      ? vscode.l10n.t('{0}, too long to be edited here; Run Again uses it as it is.', length)
      : vscode.l10n.t('{0} of binary data; Run Again uses them as they are.', length);
  return { name, text: null, note };
}
