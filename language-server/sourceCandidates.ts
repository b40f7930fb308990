import { join } from 'node:path';
import { PROGRAM_LIMITS } from '../program/programLimits.ts';
import { ProgramReader } from '../program/programReader.ts';

const MAX_FOLDERS = 400;
const MAX_FOUND = 100;
const NOT_SOURCES = new Set(['node_modules', 'build', 'target', 'fixtures', 'dist', 'vendor']);

/**
 * Paths below a program that a tasklet can be made from: `.ts`, `.wat` and `.wasm` files, and
 * folders with a Cargo.toml. Sorted; bounded.
 */
export function sourceCandidates(root: string): string[] {
  const reader = new ProgramReader(root);
  const found: string[] = [];
  const folders = [''];
  let names = 0;
  for (let index = 0; index < folders.length && index < MAX_FOLDERS && found.length < MAX_FOUND; index++) {
    const folder = folders[index] ?? '';
    const read = reader.list(join(root, folder));
    // A folder that cannot be listed offers nothing.
    const entries = read.state === 'ok' ? read.entries : [];
    names += entries.length;
    if (names > PROGRAM_LIMITS.folderEntries) break;
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!entry.name.startsWith('.') && !NOT_SOURCES.has(entry.name)) folders.push(path);
      } else if (entry.name === 'Cargo.toml' && folder !== '') found.push(folder);
      else if (/\.(ts|wat|wasm)$/.test(entry.name) && !/\.(d|test)\.ts$/.test(entry.name)) found.push(path);
    }
  }
  return found.sort();
}
