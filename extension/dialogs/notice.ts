import * as vscode from 'vscode';
import { noticeText } from '../shown/noticeText.ts';

const SHOW = {
  error: vscode.window.showErrorMessage,
  warning: vscode.window.showWarningMessage,
  information: vscode.window.showInformationMessage,
};

/**
 * Shows a notification, and resolves with the title of the button that was chosen. No part of the
 * text is a link.
 */
export async function notice(
  kind: 'error' | 'warning' | 'information',
  text: string,
  titles: readonly string[] = [],
  options: vscode.MessageOptions = {},
): Promise<string | undefined> {
  return await SHOW[kind]<string>(noticeText(text), options, ...titles);
}
