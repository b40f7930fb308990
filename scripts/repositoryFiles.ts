import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../base/packageRoot.ts';

/**
 * The files of the repository whose path fits, sorted: those that git has, or would take up.
 *
 * @returns paths relative to the root, with `/`
 */
export function repositoryFiles(path: RegExp): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', args, { cwd: packageRoot, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const files = new Set(listed.split('\0').filter((file) => path.test(file)));
  return [...files].filter((file) => existsSync(join(packageRoot, file))).sort();
}
