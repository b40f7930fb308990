import { dirname } from 'node:path/posix';
import { readToml, type TomlArray, type TomlTable } from '../../program/tomlDocument.ts';

/**
 * Adds a crate to the members of a cargo workspace. Comments and the rest of the text stay.
 *
 * @param text the `Cargo.toml` of the workspace, without a byte order mark
 * @param member folder of the crate, relative to the workspace with `/`
 * @returns the new text, the same one where the members name the crate already, or null where the
 *   text is no workspace with a list of members
 */
export function withMember(text: string, member: string): string | null {
  const { root, fault } = readToml(text);
  const workspace = root.entries.find(({ key }) => key === 'workspace')?.value;
  if (fault !== null || workspace?.type !== 'table') return null;
  const members = arrayOf(workspace, 'members');
  if (members === undefined) return null;
  // cargo allows a member that another pattern names too, so an unknown pattern does no harm.
  const names = [member, `${dirname(member)}/*`];
  const isNamed = members.items.some((item) => item.type === 'string' && names.includes(item.value));
  if (isNamed) return text;
  const last = members.items.at(-1);
  const at = last?.span.end ?? members.span.start + 1;
  // The new member is laid out as the one before it: on a line of its own, or on the same line.
  const indent = last === undefined ? null : /\n([ \t]*)$/.exec(text.slice(0, last.span.start));
  const before = last === undefined ? '' : indent === null ? ', ' : `,\n${indent[1]}`;
  return `${text.slice(0, at)}${before}${JSON.stringify(member)}${text.slice(at)}`;
}

function arrayOf(table: TomlTable, key: string): TomlArray | undefined {
  const value = table.entries.find((entry) => entry.key === key)?.value;
  return value?.type === 'array' ? value : undefined;
}
