import { type TextLines, type TextRange, textLines } from '../program/textLines.ts';
import type { Finding } from '../toolchain/validate/finding.ts';

/**
 * Moves the findings of a text to their places in a later text.
 *
 * The change is taken as one stretch between the common beginning and end of both texts. A finding
 * inside it is left out, because it may no longer hold.
 */
export function moveFindings(findings: readonly Finding[], before: string, after: string): Finding[] {
  if (before === after || findings.length === 0) return [...findings];
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before.charCodeAt(head) === after.charCodeAt(head)) head++;
  let tail = 0;
  while (
    tail < shorter - head &&
    before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)
  )
    tail++;
  const changeEnd = before.length - tail;
  const grown = after.length - before.length;
  const from = textLines(before);
  const to = textLines(after);
  return findings.flatMap((one): Finding[] => {
    const range = moveRange(one.range, from, to, head, changeEnd, grown);
    return range === null ? [] : [{ ...one, range }];
  });
}

function moveRange(
  range: TextRange,
  from: TextLines,
  to: TextLines,
  head: number,
  changeEnd: number,
  grown: number,
): TextRange | null {
  const start = from.offsetAt(range.start);
  const end = from.offsetAt(range.end);
  if (end <= head) return range;
  if (start >= changeEnd) return to.rangeOf({ start: start + grown, end: end + grown });
  // The change lies within the range: it grows with it.
  if (start < head && end > changeEnd) return to.rangeOf({ start, end: end + grown });
  return null;
}
