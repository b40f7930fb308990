import { textLines } from '../../program/textLines.ts';
import type { FindingEdit } from '../../toolchain/validate/finding.ts';

/**
 * The text after the edits of one file, as an editor applies them: all against the text as it was,
 * without overlaps.
 */
export function applyEdits(text: string, edits: readonly Omit<FindingEdit, 'file'>[]): string {
  const lines = textLines(text);
  const sorted = edits
    .map(({ range, newText }) => ({ start: lines.offsetAt(range.start), end: lines.offsetAt(range.end), newText }))
    .sort((left, right) => right.start - left.start || right.end - left.end);
  let result = text;
  let before = Number.POSITIVE_INFINITY;
  for (const { start, end, newText } of sorted) {
    if (end > before) throw new Error('edits overlap');
    before = start;
    result = result.slice(0, start) + newText + result.slice(end);
  }
  return result;
}
