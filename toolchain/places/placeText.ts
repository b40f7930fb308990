import type { Place } from '../../daemons/wire/place.ts';

/**
 * Writes a place as `tasklets/first.ts:12:15 in compute`, or as much of it as is known. Where only
 * the function is known, its head does not pass for the place.
 */
export function placeText({ function: name, file, line, column, begins, left_out }: Place): string {
  if (left_out !== undefined) return `${left_out.message} [${left_out.code}]`;
  const at = file === null ? null : [file, line, column].filter((part) => part !== null).join(':');
  if (begins) return `in ${name ?? 'a function'}, which begins at ${at}`;
  return [at, name === null ? null : at === null ? name : `in ${name}`].filter((part) => part !== null).join(' ');
}
