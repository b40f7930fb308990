/** Writes the files that are made from the code. With `--check` it compares them instead. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../base/packageRoot.ts';
import { wrapMarkdown } from './wrapMarkdown.ts';

/**
 * Writes or compares generated files. Ends the process with 1 when `--check` finds a difference.
 *
 * @param files text by path below the package
 */
export function writeGenerated(files: Record<string, string>, script: string): void {
  const check = process.argv.includes('--check');
  const made = Object.entries(files).map(([path, text]) => [path, writtenText(path, text)] as const);
  const behind = made.filter(([path, text]) => readIfThere(join(packageRoot, path)) !== text);
  for (const [path, text] of behind) {
    if (check) process.stderr.write(`${path} is behind the code: run \`node ${script}\`.\n`);
    else {
      mkdirSync(dirname(join(packageRoot, path)), { recursive: true });
      writeFileSync(join(packageRoot, path), text);
    }
  }
  if (check && behind.length > 0) process.exitCode = 1;
}

/** The text of a generated file as it is written: Markdown is wrapped. */
export function writtenText(path: string, text: string): string {
  return path.endsWith('.md') ? wrapMarkdown(text) : text;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
