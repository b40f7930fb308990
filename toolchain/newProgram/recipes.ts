import { readdir, readFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { packageRoot } from '../../base/packageRoot.ts';
import { meantQuestion } from '../../program/didYouMean.ts';
import { layOutProgram } from './layOutProgram.ts';

/** Folder of the recipes; each folder in it is one program. */
const COOKBOOK = join(packageRoot, 'cookbook');

/** The files that a build or a run left in a recipe. */
const MADE = new Set(['build', 'target', '.grafos', 'node_modules']);

export interface Recipe {
  /** Name of its folder. */
  name: string;
  /** First sentence of its README. */
  summary: string;
}

/** The recipes that came with this grafOS, by name; empty where none did. */
export async function listRecipes(): Promise<Recipe[]> {
  const folders = await readdir(COOKBOOK, { withFileTypes: true }).catch(() => []);
  const names = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => ({
      name,
      summary: firstSentence(await readFile(join(COOKBOOK, name, 'README.md'), 'utf8')),
    })),
  );
}

/**
 * Lays a recipe out as a program of the user's own.
 *
 * @param dir the program's folder: one that is not there yet, or is empty
 * @returns the files, relative with `/`, sorted
 * @throws {GrafosError} recipe_unknown, folder_not_empty, and what the file system says
 */
export async function newFromRecipe(dir: string, name: string): Promise<string[]> {
  const names = (await listRecipes()).map((recipe) => recipe.name);
  if (!names.includes(name)) {
    throw new GrafosError('recipe_unknown', `There is no recipe "${name}".`, {
      next: `${meantQuestion(name, names)}Choose one of: ${names.join(', ')}.`,
    });
  }
  return layOutProgram(resolve(dir), await filesOf(join(COOKBOOK, name)));
}

async function filesOf(folder: string): Promise<Map<string, string | Uint8Array>> {
  const files = new Map<string, string | Uint8Array>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    const parts = path.split(sep);
    if (entry.isFile() && !parts.some((part) => MADE.has(part)))
      files.set(parts.join('/'), await readFile(join(folder, path)));
  }
  return files;
}

/** The first sentence below the heading of a page in Markdown, on one line. */
function firstSentence(page: string): string {
  const paragraph = page.replace(/^# .*\n+/, '').split('\n\n')[0] ?? '';
  return /^.*?\.(?= |$)/.exec(paragraph.replaceAll('\n', ' '))?.[0] ?? paragraph;
}
