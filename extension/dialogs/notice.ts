import * as vscode from 'vscode';
import { noticeText } from '../shown/noticeText.ts';

/**
 * Shows a notification, and resolves with the title of the button that was chosen. No part of the
 * text is a link.
 */
export async function notice(
  kind: 'error' | 'information',
  text: string,
  titles: readonly string[] = [],
  options: vscode.MessageOptions = {},
): Promise<string | undefined> {
  const show = kind === 'error' ? vscode.window.showErrorMessage : vscode.window.showInformationMessage;
  return await show<string>(noticeText(text), options, ...titles);
}
