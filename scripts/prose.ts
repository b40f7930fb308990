/**
 * Counts what the house style forbids in comments and Markdown, and fails when there is any.
 * `--fix` first wraps the Markdown pages.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ProseFaultKind, proseFaults } from './proseFaults.ts';
import { repositoryFiles } from './repositoryFiles.ts';
import { wrapMarkdown } from './wrapMarkdown.ts';

const root = join(import.meta.dirname, '..');

const { values } = parseArgs({ options: { fix: { type: 'boolean', default: false } } });

/** The text of a file, which `--fix` wraps first. */
function textOf(path: string): string {
  const text = readFileSync(join(root, path), 'utf8');
  if (!values.fix || !path.endsWith('.md')) return text;
  const wrapped = wrapMarkdown(text);
  if (wrapped !== text) writeFileSync(join(root, path), wrapped);
  return wrapped;
}

const counts: Record<ProseFaultKind, number> = { long: 0, opening: 0, word: 0 };
for (const path of repositoryFiles(/\.(?:md|[cm]?[jt]s|rs)$/)) {
  for (const { line, kind, text } of proseFaults(path, textOf(path))) {
    console.log(`${path}:${line}: ${kind}: ${text}`);
    counts[kind] += 1;
  }
}
const { long, opening, word } = counts;
console.log(`prose: ${long} long lines, ${opening} openings, ${word} words`);
process.exitCode = long + opening + word === 0 ? 0 : 1;
