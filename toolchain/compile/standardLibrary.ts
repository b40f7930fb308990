import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';

const FOLDER = join(packageRoot, 'sdk', 'assemblyscript');
const PREFIX = '~lib/grafos-std';

let texts: Map<string, string> | undefined;
let digest: string | undefined;

/** grafos-std for AssemblyScript: file name without extension to text. Read once. */
export function standardLibrary(): Map<string, string> {
  texts ??= new Map(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .sort()
      .map((name) => [name.slice(0, -'.ts'.length), readFileSync(join(FOLDER, name), 'utf8')]),
  );
  return texts;
}

/**
 * The source behind `grafos-std` or `grafos-std/<module>` by the compiler's path; null for any
 * other path.
 */
export function standardSource(internalPath: string): { path: string; text: string } | null {
  if (internalPath !== PREFIX && !internalPath.startsWith(`${PREFIX}/`)) return null;
  const name = internalPath === PREFIX ? 'index' : internalPath.slice(PREFIX.length + 1);
  const text = standardLibrary().get(name);
  return text === undefined ? null : { path: `${PREFIX}/${name}.ts`, text };
}

/**
 * Twelve hex digits that change with any file of grafos-std; part of what a built module records.
 */
export function standardLibraryDigest(): string {
  if (digest !== undefined) return digest;
  const hash = createHash('sha256');
  for (const [name, text] of standardLibrary()) hash.update(`${name}\0${text.length}\0${text}`);
  digest = hash.digest('hex').slice(0, 12);
  return digest;
}
