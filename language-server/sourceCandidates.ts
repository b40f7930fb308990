import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const MAX_FOLDERS = 400;
const MAX_FOUND = 100;
const NOT_SOURCES = new Set(['node_modules', 'build', 'target', 'fixtures', 'dist', 'vendor']);

/** Paths below a program that a tasklet can be made from: `.ts`, `.wat` and `.wasm` files, and folders with a Cargo.toml. Sorted; bounded. */
export function sourceCandidates(root: string): string[] {
  const found: string[] = [];
  const folders = [''];
  for (let index = 0; index < folders.length && index < MAX_FOLDERS && found.length < MAX_FOUND; index++) {
    const folder = folders[index] ?? '';
    try {
      for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory()) {
          if (!entry.name.startsWith('.') && !NOT_SOURCES.has(entry.name)) folders.push(path);
        } else if (entry.name === 'Cargo.toml' && folder !== '') found.push(folder);
        else if (/\.(ts|wat|wasm)$/.test(entry.name) && !/\.(d|test)\.ts$/.test(entry.name)) found.push(path);
      }
    } catch {
      // A folder that cannot be listed offers nothing.
    }
  }
  return found.sort();
}
