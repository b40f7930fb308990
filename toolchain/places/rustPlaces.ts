import type { Place } from '../../daemons/wire/place.ts';
import type { RunError } from '../../daemons/wire/runError.ts';
import type { CodePlaces } from '../profile/codePlaces.ts';
import { rustTokens } from '../validate/rustTokens.ts';
import { enclosingFunction } from './enclosingFunction.ts';
import { panicPlace } from './panicPlace.ts';

/** A source of the crate: its path relative to the program with `/`, and its text. */
interface CrateSource {
  path: string;
  text: string;
}

/** Functions that are part of every panic or every run. */
const MACHINERY = /^(?:__rust|rust_panic|rust_begin_unwind|std::|core::panicking|grafos::|_grafos_tasklet_)/;

/**
 * Finds where a Rust tasklet failed. There are up to three kinds of places: that of the panic, the
 * only one in the crate with the label of the failure, and those of the calls that were under way.
 *
 * @param crate folder of the crate relative to the program; empty where it is the program's folder
 * @param log of the run
 */
export function rustPlaces(
  error: RunError,
  places: CodePlaces,
  sources: readonly CrateSource[],
  crate: string,
  log: string,
): Place[] {
  const found: Place[] = [];
  const lines = new Map(sources.map(({ path, text }) => [path, text.split(/\r\n|\r|\n/)]));
  const add = (path: string, line: number, column: number, isHead = false) => {
    const text = lines.get(path);
    found.push({
      function: text === undefined ? null : enclosingFunction(text, line, 'rust'),
      file: path,
      line,
      column,
      own: text !== undefined,
      excerpt: text?.[line - 1]?.trim() ?? null,
      ...(isHead ? { begins: true as const } : {}),
    });
  };
  const panic = error.code === 'trap_unreachable' ? panicPlace(log) : null;
  if (panic !== null) {
    const path = panic.path.replaceAll('\\', '/').replace(/^\.\//, '');
    const own = [`${crate}/${path}`, path].find((one) => lines.has(one));
    add(own ?? path, panic.line, panic.column);
  }
  if (error.code === 'tasklet_failed' && error.label) {
    const at = onlyLabel(sources, error.label);
    if (at !== null) add(at.path, at.line, at.column);
  }
  for (const frame of error.frames ?? []) {
    const name = places.ownNameOf(frame.function);
    if (name === undefined || MACHINERY.test(name)) continue;
    const head = onlyHead(lines, name);
    if (head !== null && !found.some((one) => one.file === head.path && one.function === head.name))
      add(head.path, head.line, head.column, true);
    else if (head === null)
      found.push({ function: name, file: null, line: null, column: null, own: false, excerpt: null });
  }
  return found;
}

/** Finds the label in the crate; null unless the crate has it exactly once. */
function onlyLabel(
  sources: readonly CrateSource[],
  label: string,
): { path: string; line: number; column: number } | null {
  const found: Array<{ path: string; line: number; column: number }> = [];
  for (const { path, text } of sources) {
    if (!path.endsWith('.rs') || !text.includes(`"${label}"`)) continue;
    for (const { kind, value, start } of rustTokens(text)) {
      if (kind !== 'string' || value !== label) continue;
      const before = text.slice(0, start).split(/\r\n|\r|\n/);
      found.push({ path, line: before.length, column: (before.at(-1) ?? '').length + 1 });
      if (found.length > 1) return null;
    }
  }
  return found.length === 1 ? (found[0] ?? null) : null;
}

/**
 * Finds the head of a function by the last part of its path; null unless the crate has exactly one
 * such head.
 */
function onlyHead(
  lines: ReadonlyMap<string, readonly string[]>,
  name: string,
): { path: string; line: number; column: number; name: string } | null {
  const last = name
    .split('::')
    .filter((part) => /^\w+$/.test(part))
    .at(-1);
  if (last === undefined || /^(?:<?(?:core|std|alloc|grafos)::|_grafos|__)/.test(name)) return null;
  const head = new RegExp(`\\bfn\\s+${last}\\b`);
  const found: Array<{ path: string; line: number; column: number; name: string }> = [];
  for (const [path, text] of lines) {
    text.forEach((one, index) => {
      const match = path.endsWith('.rs') ? head.exec(one) : null;
      if (match !== null) found.push({ path, line: index + 1, column: match.index + 1, name: last });
    });
  }
  return found.length === 1 ? (found[0] ?? null) : null;
}
