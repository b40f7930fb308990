import { lstatSync, mkdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { isInside } from './isInside.ts';

/**
 * Makes the folder that a file of a program is written to, and stays inside the program: a link on
 * the way may lead to another folder of the program and nowhere else.
 *
 * @param path of the file, relative to the program
 * @returns real path of the folder
 * @throws {GrafosError} output_outside
 * @throws an error of the file system
 */
export function outputFolder(programRoot: string, path: string): string {
  const root = realpathSync.native(programRoot);
  let folder = root;
  for (const name of path.split(/[/\\]/).slice(0, -1)) {
    if (name === '' || name === '.') continue;
    if (name === '..') throw outside(path, 'Its path leads upwards.');
    const next = join(folder, name);
    const stats = lstatSync(next, { throwIfNoEntry: false });
    if (stats === undefined) mkdirSync(next);
    folder = stats?.isSymbolicLink() ? followed(root, next, path) : next;
  }
  return folder;
}

function followed(root: string, link: string, path: string): string {
  let target: string;
  let stats: Stats;
  try {
    target = realpathSync.native(link);
    stats = statSync(target);
  } catch {
    throw outside(path, `${link} is a link that leads nowhere.`);
  }
  if (!isInside(root, target)) throw outside(path, `${link} is a link to ${target}.`);
  if (!stats.isDirectory()) throw outside(path, `${link} is a link to a file.`);
  return target;
}

function outside(path: string, why: string): GrafosError {
  return new GrafosError('output_outside', `${path} would be written outside of the program.`, {
    why,
    next: 'Replace that link by a folder, or choose another output in grafos.toml.',
  });
}
