import type { ParsedManifest, TaskletText } from '../program/manifest.ts';
import { manifestKey, NAME_PATTERN } from '../program/manifestKeys.ts';
import { placeAt } from '../program/manifestPlace.ts';
import type { TextPosition, TextRange } from '../program/textLines.ts';

/** The name of a tasklet without its quotes, where the position is on one. */
export function renamePlace(
  parsed: ParsedManifest,
  position: TextPosition,
): { range: TextRange; placeholder: string; tasklet: TaskletText } | null {
  const { tasklet, key, part } = placeAt(parsed, position);
  const value = tasklet?.values.name?.value;
  if (tasklet === null || part !== 'value' || key !== 'name' || value?.type !== 'string' || value.multiline)
    return null;
  const range = parsed.lines.rangeOf({
    start: value.span.start + 1,
    end: Math.max(value.span.start + 1, value.span.end - 1),
  });
  return { range, placeholder: value.value, tasklet };
}

/** Why a tasklet cannot have the name, or null. */
export function renameFault(parsed: ParsedManifest, tasklet: TaskletText, newName: string): string | null {
  if (!new RegExp(NAME_PATTERN).test(newName))
    return `"${newName}" is no name of a tasklet: a lower-case letter, then at most 62 lower-case letters, digits or hyphens.`;
  if (parsed.tasklets.some((other) => other !== tasklet && other.name === newName))
    return `The program has another tasklet "${newName}". Names are unique in a program.`;
  return null;
}

/**
 * Paths that follow from the name because the manifest does not give them. The files under the old
 * name stay where they are.
 */
export function movedDefaults(
  tasklet: TaskletText,
  newName: string,
): { key: 'output' | 'fixtures'; from: string; to: string }[] {
  return (['output', 'fixtures'] as const).flatMap((key) => {
    const pattern = manifestKey('tasklet', key)?.default;
    if (tasklet.values[key] !== undefined || pattern == null) return [];
    return [{ key, from: pattern.replace('<name>', tasklet.name ?? ''), to: pattern.replace('<name>', newName) }];
  });
}
