import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');

/**
 * Packs the built files as an npm package into build/npm.
 *
 * @returns its absolute path
 */
export async function npmPackage(): Promise<string> {
  const folder = join(root, 'build', 'npm');
  await mkdir(folder, { recursive: true });
  const npm = process.env.npm_execpath;
  const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const args = [...first, 'pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
  const { stdout } = await run(command, args, { cwd: root, shell: npm === undefined && process.platform === 'win32' });
  return join(folder, stdout.trim().split('\n').at(-1) ?? '');
}
