import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createVSIX, listFiles, PackageManager } from '@vscode/vsce';
import { PLUGIN_NAME } from '../typescript-plugin/main.ts';
import { extensionPage } from './extensionPage.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');

/**
 * The platforms by VS Code's names, and whether QUIC has a native half for each. Without one,
 * fabric control uses TCP.
 */
export const TARGETS: ReadonlyMap<string, boolean> = new Map([
  ['linux-x64', true],
  ['linux-arm64', false],
  ['darwin-x64', true],
  ['darwin-arm64', true],
  ['win32-x64', true],
  ['win32-arm64', false],
]);

/** Compilers that stay packages of their own. Everything else is in the bundles. */
const kept = ['assemblyscript', 'wabt'];

/**
 * Packs the VSIX of a target into build/vsix. It holds the files that .vscodeignore leaves in and,
 * where there is one, QUIC's native half for its platform. Its README is the page of the extension.
 *
 * @returns its absolute path
 * @throws {Error} for an unknown target, and the errors of npm and vsce
 */
export async function packageFor(target: string): Promise<string> {
  const native = TARGETS.get(target);
  if (native === undefined) throw new Error(`no such target: ${target}. There are ${[...TARGETS.keys()].join(', ')}.`);
  const staging = await mkdtemp(join(tmpdir(), 'grafos-package-'));
  try {
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const nativePackage = `@matrixai/quic-${target}`;
    const files = await listFiles({ cwd: root, packageManager: PackageManager.Npm });
    for (const file of files) {
      if (!file.startsWith('node_modules/@matrixai/quic-')) await cp(join(root, file), join(staging, file));
    }
    await cp(join(root, '.vscodeignore'), join(staging, '.vscodeignore'));
    const dependencies: Record<string, string> = {};
    for (const name of kept) dependencies[name] = manifest.dependencies[name];
    if (native) {
      const version: string = manifest.dependencies['@matrixai/quic'];
      if (await bringNative(nativePackage, version, staging)) dependencies[nativePackage] = version;
      else console.warn(`The registry has no ${nativePackage}@${version}: on ${target} fabric control goes over TCP.`);
    }
    await layPlugin(staging, manifest.version);
    dependencies[PLUGIN_NAME] = manifest.version;
    const { scripts, devDependencies, optionalDependencies, allowScripts, ...shipped } = manifest;
    await writeFile(join(staging, 'package.json'), `${JSON.stringify({ ...shipped, dependencies }, null, 2)}\n`);

    await writeFile(join(staging, 'README.md'), await extensionPage(root));

    const packagePath = join(root, 'build', 'vsix', `grafos-${target}-${manifest.version}.vsix`);
    await mkdir(dirname(packagePath), { recursive: true });
    await createVSIX({
      cwd: staging,
      target,
      packagePath,
      // The manifest does not have the repository's address yet. The extension's page needs none.
      allowMissingRepository: true,
      rewriteRelativeLinks: false,
    });
    return packagePath;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * Copies the TypeScript plugin into a package below the extension's `node_modules`, where the
 * server looks for it.
 */
async function layPlugin(staging: string, version: string): Promise<void> {
  const to = join(staging, 'node_modules', PLUGIN_NAME);
  await mkdir(to, { recursive: true });
  await cp(join(root, 'dist', 'typescript-plugin', 'index.cjs'), join(to, 'index.cjs'));
  const described = { name: PLUGIN_NAME, version, private: true, license: 'Apache-2.0', main: 'index.cjs' };
  await writeFile(join(to, 'package.json'), `${JSON.stringify(described, null, 2)}\n`);
}

/**
 * Puts the native package of QUIC into the staging folder: the installed one, or for another
 * platform the one of the registry.
 *
 * @returns false when the registry has none
 */
async function bringNative(name: string, version: string, staging: string): Promise<boolean> {
  const to = join(staging, 'node_modules', name);
  const installed = join(root, 'node_modules', name);
  if (existsSync(installed)) {
    await cp(installed, to, { recursive: true });
    return true;
  }
  const npm = process.env.npm_execpath;
  const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const args = [...first, 'pack', '--loglevel=error', '--pack-destination', staging, `${name}@${version}`];
  const shell = npm === undefined && process.platform === 'win32';
  let archive: string;
  try {
    archive = (await run(command, args, { cwd: staging, shell })).stdout.trim().split('\n').at(-1) ?? '';
  } catch (error) {
    if (/E404|ETARGET/.test(String(error instanceof Error && 'stderr' in error ? error.stderr : ''))) return false;
    throw error;
  }
  await mkdir(to, { recursive: true });
  await run('tar', ['-xzf', archive, '-C', to, '--strip-components=1'], { cwd: staging });
  await rm(join(staging, archive));
  return true;
}
