import * as vscode from 'vscode';
import { formatSize } from '../../program/size.ts';
import { pictureType } from './outputKind.ts';
import type { OutputShown } from './panelMessages.ts';

/**
 * Bytes of an output that the page gets. A picture is sent whole, because a part of it cannot be
 * drawn.
 */
const SHOWN_BYTES = 4 * 1024 * 1024;

/** The output of a run as the panel shows it. */
export function outputShown(output: Uint8Array): OutputShown {
  const isWhole = output.length <= SHOWN_BYTES || pictureType(output) !== null;
  const size = output.length === 0 ? '' : formatSize(output.length);
  return {
    // A copy: a view would send all of the buffer behind it.
    bytes: Uint8Array.from(isWhole ? output : output.subarray(0, SHOWN_BYTES)),
    size: output.length,
    note: isWhole
      ? size
      : vscode.l10n.t('{0}; the first {1} are shown, Save As… writes all', size, formatSize(SHOWN_BYTES)),
  };
}
