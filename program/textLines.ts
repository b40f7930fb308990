/** Positions as editors count them: lines and UTF-16 characters from 0 (LSP 3.17, `Position`). */
export interface TextPosition {
  line: number;
  character: number;
}

export interface TextRange {
  start: TextPosition;
  end: TextPosition;
}

/** Offsets in UTF-16 units; `end` is exclusive. */
export interface Span {
  start: number;
  end: number;
}

export interface TextLines {
  positionAt(offset: number): TextPosition;
  offsetAt(position: TextPosition): number;
  rangeOf(span: Span): TextRange;
}

/**
 * Converts between the offsets and the positions of one text. A line ends at `\n`, `\r\n` or a lone
 * `\r`. Offsets outside of the text are clamped.
 */
export function textLines(text: string): TextLines {
  const starts = [0];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 10 || (unit === 13 && text.charCodeAt(at + 1) !== 10)) starts.push(at + 1);
  }
  const positionAt = (offset: number): TextPosition => {
    const at = Math.max(0, Math.min(offset, text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low, character: at - (starts[low] ?? 0) };
  };
  return {
    positionAt,
    offsetAt: ({ line, character }) => {
      const start = starts[Math.max(0, line)];
      if (start === undefined) return text.length;
      return Math.min(start + character, starts[line + 1] ?? text.length);
    },
    rangeOf: ({ start, end }) => ({ start: positionAt(start), end: positionAt(end) }),
  };
}
