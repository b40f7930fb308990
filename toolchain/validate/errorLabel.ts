import type { TextRange } from '../../program/textLines.ts';
import type { TaskletContext } from './taskletContext.ts';

/** A label of an error: what `fail` takes, and what a run error is called. */
export const LABEL = /^[a-z][a-z0-9_]{0,63}$/;

/** A label written in the source, AssemblyScript or Rust; `range` is the text with its quotes. */
export function checkLabel(context: TaskletContext, file: string, range: TextRange, label: string): void {
  if (LABEL.test(label)) return;
  const better = snake(label);
  context.report(
    'GRF2111',
    file,
    range,
    `"${label}" is no error label. Labels are for machines: snake_case, a lower-case letter first, at most 64 bytes. Write the words for people to the log.`,
    better === null ? undefined : { title: `Change to "${better}"`, edits: [{ range, newText: `"${better}"` }] },
  );
}

/** A text as a label, or null when nothing of it is left. */
export function snake(text: string): string | null {
  const label = text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+/, '')
    .slice(0, 64)
    .replace(/_+$/, '');
  return label === '' ? null : label;
}
