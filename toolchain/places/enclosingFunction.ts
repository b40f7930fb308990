/** Lines above a place in which the head of its function is looked for, at most. */
const LINES_MAX = 2_000;

const HEADS: Readonly<Record<'assemblyscript' | 'rust', RegExp>> = {
  assemblyscript:
    /\bfunction\s+([\w$]+)|^\s*(?:(?:export|static|private|protected|public|override|get|set|@\w+(?:\([^)]*\))?)\s+)*([\w$]+)\s*(?:<[^(]*>)?\([^;]*\{\s*$|\b(?:const|let)\s+([\w$]+)\s*=\s*\([^;]*=>\s*\{\s*$/,
  rust: /\bfn\s+((?:r#)?\w+)/,
};
const STATEMENTS = /^(?:if|for|while|switch|catch|else|do|return|super)$/;

/** The head of a function in a source. */
interface FunctionHead {
  name: string;
  /** From 1. */
  line: number;
  /** Column of the first character that is no blank, from 1. */
  column: number;
}

/**
 * Finds the name of the function around a line: that of a head on the line itself, or of the
 * nearest head above with less indentation. Null where no head is found.
 *
 * @param line from 1
 */
export function enclosingFunction(
  lines: readonly string[],
  line: number,
  language: 'assemblyscript' | 'rust',
): string | null {
  return enclosingHead(lines, line, language)?.name ?? null;
}

/** Finds the head of the function around a line, as {@link enclosingFunction} does. */
export function enclosingHead(
  lines: readonly string[],
  line: number,
  language: 'assemblyscript' | 'rust',
): FunctionHead | null {
  const indent = (text: string) => text.length - text.trimStart().length;
  let within = Number.POSITIVE_INFINITY;
  for (let at = line - 1; at >= 0 && at > line - LINES_MAX; at--) {
    const text = lines[at] ?? '';
    if (text.trim() === '') continue;
    const depth = indent(text);
    if (depth >= within && at !== line - 1) continue;
    const match = HEADS[language].exec(text);
    const name = match?.[1] ?? match?.[2] ?? match?.[3];
    if (name !== undefined && !STATEMENTS.test(name)) return { name, line: at + 1, column: depth + 1 };
    within = Math.min(within, depth);
    if (within === 0 && at !== line - 1) return null;
  }
  return null;
}
