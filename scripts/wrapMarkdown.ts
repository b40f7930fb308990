const COLUMNS = 100;

/** Text that cannot be broken: a code span, a link's target, a number such as 32 768, or a word. */
const PIECE = /(?:`[^`]*`|\]\([^)]*\)|\d{1,3}(?: \d{3})+(?!\d)|\S)+/g;

/** Words that begin a list, a heading or a quotation at the start of a line. */
const MARK = /^(?:[-+*>]|#{1,6}|=+|\d+[.)])$/;

/**
 * Wraps the paragraphs and list items of a Markdown page at 100 columns.
 *
 * A paragraph whose lines all fit stays as it is, and so do tables, headings and code blocks.
 */
export function wrapMarkdown(page: string): string {
  const wrapped: string[] = [];
  let paragraph: string[] = [];
  let fence: string | undefined;
  const endParagraph = () => {
    wrapped.push(...wrapParagraph(paragraph));
    paragraph = [];
  };
  for (const line of page.split('\n')) {
    const mark = /^\s*(```|~~~)/.exec(line)?.[1];
    if (mark !== undefined || fence !== undefined) {
      endParagraph();
      if (fence === undefined) fence = mark;
      else if (fence === mark) fence = undefined;
      wrapped.push(line);
    } else if (/^\s*$|^\s*[|#<>]|^\s*\[[^\]]+\]: |^(?:-{3,}|={3,})$/.test(line)) {
      endParagraph();
      wrapped.push(line);
    } else {
      if (/^\s*(?:[-*+]|\d+\.) /.test(line)) endParagraph();
      paragraph.push(line);
    }
  }
  endParagraph();
  return wrapped.join('\n');
}

function wrapParagraph(lines: readonly string[]): string[] {
  if (lines.every((line) => line.length <= COLUMNS)) return [...lines];
  const [, indentation = '', bullet = ''] = /^(\s*)((?:[-*+]|\d+\.) +)?/.exec(lines[0] ?? '') ?? [];
  const text = lines.map((line) => line.trim()).join(' ');
  const pieces = text.slice(bullet.length).match(PIECE) ?? [];
  const wrapped: string[] = [];
  let line = `${indentation}${bullet}`;
  let isEmpty = true;
  for (const [index, piece] of pieces.entries()) {
    // A mark at the start of a line would make a list of the sentence.
    const next = pieces[index + 1] ?? '';
    const needed = MARK.test(next) ? `${piece} ${next}`.length : piece.length;
    if (!isEmpty && line.length + 1 + needed > COLUMNS && !MARK.test(piece)) {
      wrapped.push(line);
      line = indentation + ' '.repeat(bullet.length);
      isEmpty = true;
    }
    line += isEmpty ? piece : ` ${piece}`;
    isEmpty = false;
  }
  wrapped.push(line);
  return wrapped;
}
