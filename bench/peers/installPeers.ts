import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Versions that were measured; another day's figures compare only with the same ones. */
const PEERS = {
  wrangler: '4.164.0',
  miniflare: '4.20260730.0',
  'lambda-local': '2.2.0',
  '@restatedev/restate-server': '1.7.12',
  '@restatedev/restate-sdk': '1.17.2',
  'wasm-metering': '0.2.1',
};

/**
 * Installs the comparable tools into a cache folder outside of the project, once. None of their
 * install scripts runs.
 *
 * @returns the `node_modules` of the folder
 */
export function installPeers(): string {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'grafos-bench');
  const manifest = JSON.stringify({ private: true, dependencies: PEERS }, null, 2);
  const file = join(folder, 'package.json');
  const installed = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installed) || !existsSync(file) || readFileSync(file, 'utf8') !== manifest) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, manifest);
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
  }
  return join(folder, 'node_modules');
}
