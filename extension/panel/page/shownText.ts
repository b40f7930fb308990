import { neutralText } from '../../../base/text/neutralText.ts';

/**
 * Makes a text of others neutral and keeps its lines: no character can control the page or reorder
 * its text.
 */
export function shownText(text: string): string {
  return text
    .split(/\r\n|\n/)
    .map(neutralText)
    .join('\n');
}
