import type { InlayHint } from 'vscode-languageserver/node';
import type { LineFuel } from '../toolchain/profile/sourceFuel.ts';

/** Below that a line is not worth a word. */
const SHARE_MIN = 0.005;

/**
 * Hints "fuel 41 %" behind lines: the share of the run's fuel that a line used with all it called.
 *
 * @param first first line with hints, from 0
 * @param last last line with hints, from 0
 */
export function fuelHints(lines: readonly LineFuel[], text: string, first: number, last: number): InlayHint[] {
  const texts = text.split('\n');
  return lines
    .filter(({ line, share }) => share >= SHARE_MIN && line > first && line <= last + 1 && line <= texts.length)
    .map(({ line, fuel, total, share }) => ({
      position: { line: line - 1, character: (texts[line - 1] ?? '').trimEnd().length },
      label: `fuel ${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`,
      tooltip: `${total.toLocaleString('en-US')} instructions in the newest profile, ${fuel.toLocaleString('en-US')} of them on this line itself`,
      paddingLeft: true,
    }));
}
