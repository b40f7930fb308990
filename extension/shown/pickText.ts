import { neutralText } from '../../base/text/neutralText.ts';

/** Text of others in a picker or the status bar, where `$(name)` would be an icon. */
export function pickText(text: string): string {
  return neutralText(text).replaceAll('$(', '\\$(');
}
