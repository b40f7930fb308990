import { posix } from 'node:path';

/** A room of the sources, its rule in words, and the rooms that its files may import from. */
export interface RoomRule {
  /** A folder; the longest one that holds a file is the file's room. */
  room: string;
  rule: string;
  /** Besides the room itself. */
  may: readonly string[];
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+|\brequire(?:\.resolve)?\(\s*)'([^']+)'/gm;
/** Statements that load a file at once. `import type` loads nothing, and `import()` loads later. */
const LOADED = /^(?:import|export)(?! type\b)(?:[^;'"]*?\bfrom)?\s*'(\.[^']+)'/gm;

/** Module names in import and export statements, in `import()` and in `require`. */
export function importsOf(text: string): string[] {
  return [...text.matchAll(IMPORT)].map(([, name]) => name ?? '');
}

const targetOf = (file: string, name: string) => posix.join(posix.dirname(file), name);

function roomOf(file: string, rules: readonly RoomRule[]): string | undefined {
  return rules
    .map(({ room }) => room)
    .filter((room) => file.startsWith(`${room}/`))
    .sort((left, right) => right.length - left.length)[0];
}

/**
 * The imports that a rule forbids, each as `file -> target`.
 *
 * @param sources texts by path from the repository's root, with `/`
 */
export function importFaults(rules: readonly RoomRule[], sources: ReadonlyMap<string, string>): string[] {
  return [...sources].flatMap(([file, text]) => {
    const room = roomOf(file, rules);
    const may = rules.find((one) => one.room === room)?.may ?? [];
    return importsOf(text)
      .filter((name) => name.startsWith('.'))
      .map((name) => targetOf(file, name))
      .filter((target) => target !== 'package.json')
      .filter((target) => {
        const other = roomOf(target, rules);
        return other !== room && (other === undefined || !may.includes(other));
      })
      .map((target) => `${file} -> ${target}`);
  });
}

/**
 * The first circle of files that load each other, from a file to itself; empty where there is none.
 */
export function importCircle(sources: ReadonlyMap<string, string>): string[] {
  const done = new Set<string>();
  const trail: string[] = [];
  const follow = (file: string): string[] => {
    if (done.has(file)) return [];
    const at = trail.indexOf(file);
    if (at >= 0) return [...trail.slice(at), file];
    trail.push(file);
    for (const [, name = ''] of (sources.get(file) ?? '').matchAll(LOADED)) {
      const circle = follow(targetOf(file, name));
      if (circle.length > 0) return circle;
    }
    trail.pop();
    done.add(file);
    return [];
  };
  for (const file of sources.keys()) {
    const circle = follow(file);
    if (circle.length > 0) return circle;
  }
  return [];
}

/** The first circle of rooms whose rules lead back to themselves; empty where there is none. */
export function ruleCircle(rules: readonly RoomRule[]): string[] {
  const sources = new Map(
    rules.map(({ room, may }) => [
      `${room}/room.ts`,
      may.map((other) => `import '${posix.relative(room, `${other}/room.ts`).replace(/^(?!\.)/, './')}';`).join('\n'),
    ]),
  );
  return importCircle(sources).map((file) => posix.dirname(file));
}
