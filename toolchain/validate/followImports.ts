import { dirname, join } from 'node:path';
import type { ProgramFiles, TextRead } from './programFiles.ts';

/** Files that are followed at most. */
const MAX_FILES = 200;

/**
 * Visits an entry file and every file of the program that it imports, each once.
 *
 * @param importsOf gives the imports of a file from its text
 * @param report takes an import whose file is not read
 */
export function followImports<Import extends { from: string }>(
  entry: string,
  entryText: string,
  files: ProgramFiles,
  importsOf: (file: string, text: string) => Iterable<Import>,
  report: (read: TextRead, file: string, one: Import) => void = () => {},
): void {
  const seen = new Set([entry]);
  const visit = (file: string, text: string) => {
    for (const one of importsOf(file, text)) {
      if (!one.from.startsWith('.') || seen.size > MAX_FILES) continue;
      const base = join(dirname(file), one.from);
      for (const path of [base, `${base}.ts`, join(base, 'index.ts')]) {
        if (!path.endsWith('.ts') || seen.has(path)) continue;
        const read = files.text(path, 'checkedSource');
        report(read, file, one);
        if (read.state !== 'ok') continue;
        seen.add(path);
        visit(path, read.text);
        break;
      }
    }
  };
  visit(entry, entryText);
}
