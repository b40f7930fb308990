import type { TextRange } from '../../program/textLines.ts';
import { type Finding, finding } from './finding.ts';
import type { ScriptToken } from './scriptTokens.ts';

/** First words of the decorators that AssemblyScript itself reads (DecoratorKind of its ast.ts). */
const KNOWN = new Set([
  'builtin',
  'external',
  'final',
  'global',
  'inline',
  'lazy',
  'operator',
  'sealed',
  'unmanaged',
  'unsafe',
]);

export interface UnreadDecorator {
  /** With its dots, without the `@`. */
  name: string;
  /** Offsets in the text, the `@` included. */
  start: number;
  end: number;
}

/** Finds the decorators that only a transform of the compiler would read. */
export function unreadDecorators(tokens: readonly ScriptToken[]): UnreadDecorator[] {
  return tokens.flatMap(({ text, start, end }, at): UnreadDecorator[] => {
    const first = tokens[at + 1];
    if (text !== '@' || first?.kind !== 'name' || first.start !== end || KNOWN.has(first.text)) return [];
    let last = at + 1;
    while (tokens[last + 1]?.text === '.' && tokens[last + 2]?.kind === 'name') last += 2;
    const names = tokens.slice(at + 1, last + 1);
    return [{ name: names.map((one) => one.text).join(''), start, end: names.at(-1)?.end ?? first.end }];
  });
}

export function unreadDecoratorFinding(file: string, range: TextRange, name: string): Finding {
  const message = `@${name} is no decorator of AssemblyScript and does nothing here. The package that it belongs to reads it in a transform of the compiler, and a build loads none: what the transform would add is missing when the tasklet runs. Write that part yourself, or use a package without a transform. For JSON there is Json of grafos-std.`;
  return finding('GRF2112', file, range, message);
}
