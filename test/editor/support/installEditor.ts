/**
 * Installs a real VS Code (the npm package `code-server`) into a cache folder outside the
 * repository.
 *
 * Nothing is done when it is there already. `GRAFOS_EDITOR_CACHE` names another cache folder.
 */
import { type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** code-server 4.139 is VS Code 1.139. */
export const EDITOR_VERSION = '4.139.1';

/**
 * The only packages without a prebuilt binary: log files, and the watch of the extension host over
 * its parent.
 */
const built = ['@vscode/spdlog', '@vscode/native-watchdog'];

/**
 * Installs the package `code-server`. A failed step leaves nothing half installed.
 *
 * @returns the folder of the package; its entry point is `out/node/entry.js`, to be run by Node 24
 * @throws {Error} with npm's own words
 */
export async function installEditor(say: (line: string) => void = () => {}): Promise<string> {
  const cache =
    process.env.GRAFOS_EDITOR_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'grafos-editor');
  const home = join(cache, EDITOR_VERSION);
  const editor = (folder: string) => join(folder, 'node_modules', 'code-server');
  if (existsSync(editor(home))) return editor(home);

  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, `${EDITOR_VERSION}.`));
  try {
    say(`installing code-server ${EDITOR_VERSION} into ${home}`);
    await writeFile(join(fresh, 'package.json'), '{ "private": true }\n');
    await npm(['install', '--ignore-scripts', `code-server@${EDITOR_VERSION}`], fresh);
    const workbench = join(editor(fresh), 'lib', 'vscode');
    await npm(['install', '--ignore-scripts', '--omit=dev'], workbench);
    await npm(['install', '--ignore-scripts', '--omit=dev'], join(workbench, 'extensions'));
    say('building its native modules');
    await npm(['rebuild', ...built], workbench);
    // Whoever came first stays; two that install at once do not disturb each other.
    await rename(fresh, home).catch((error) => {
      if (!existsSync(editor(home))) throw error;
    });
    return editor(home);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/**
 * Finds the headers of a Node on this machine. The two modules use Node-API, so any Node's headers
 * will do. Without any, node-gyp fetches them.
 */
function headers(): string | undefined {
  const prefixes = [dirname(dirname(process.execPath)), '/usr/local', '/usr'];
  return prefixes.find((prefix) => existsSync(join(prefix, 'include', 'node', 'node_api.h')));
}

async function npm(args: string[], cwd: string): Promise<void> {
  const nodedir = headers();
  const options: SpawnOptions = {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_package_lock: 'true',
      ...(nodedir === undefined ? {} : { npm_config_nodedir: nodedir }),
    },
  };
  // An npm script knows npm's entry point. Elsewhere it is the one on the PATH, a shell script on
  // Windows.
  const entry = process.env.npm_execpath;
  const child = entry
    ? spawn(process.execPath, [entry, ...args], options)
    : spawn('npm', args, { ...options, shell: process.platform === 'win32' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`npm ${args.join(' ')} in ${cwd} ended with ${code}:\n${output.slice(-4000)}`);
}
