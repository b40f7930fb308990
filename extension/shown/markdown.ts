import { neutralText } from '../../base/text/neutralText.ts';

/**
 * A template of Markdown in which every value is text and nothing else: a name, message or address
 * that came from a module, a cell, a source or a file makes no link, image, command, icon, tag or
 * heading. Of a list each member is a line.
 */
export function markdown(parts: TemplateStringsArray, ...values: Array<string | number | readonly string[]>): string {
  return parts.reduce((text, part, index) => `${text}${escaped(values[index - 1] ?? '')}${part}`);
}

function escaped(value: string | number | readonly string[]): string {
  const lines = typeof value === 'object' ? value : [String(value)];
  return lines
    .map((line) =>
      neutralText(line)
        // `$(name)` is an icon also behind a backslash: the editor looks for it once the Markdown
        // is HTML.
        .replaceAll(/[!-/:-@[-`{-~]/g, (character) => (character === '$' ? '&#36;' : `\\${character}`)),
    )
    .join('  \n');
}
