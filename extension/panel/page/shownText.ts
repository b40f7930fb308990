import { neutralText } from '../../../daemons/protocol/neutralText.ts';

/** Text of others with its lines, in which no character steers the reader. */
export function shownText(text: string): string {
  return text
    .split(/\r\n|\n/)
    .map(neutralText)
    .join('\n');
}
