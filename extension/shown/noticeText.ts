import { neutralText } from '../../base/text/neutralText.ts';

/**
 * Text for a notification, in which `[text](target)` would be a link that may run any command of
 * the editor.
 */
export function noticeText(text: string): string {
  return neutralText(text).replaceAll(/\](?=\s*\()/g, ']\u2060');
}
