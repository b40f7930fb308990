import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { packageRoot } from '../../base/packageRoot.ts';
import { SERVER_FLAGS } from '../../toolchain/language/serverFlags.ts';
import type { CommandContext } from '../command.ts';

/**
 * Starts the language server with a bounded heap, which Node takes at its start only, and ends with
 * it.
 */
export async function run({ signal }: CommandContext): Promise<number> {
  const server = join(packageRoot, 'dist', 'language-server', 'main.js');
  if (!existsSync(server)) {
    throw new GrafosError('installation_incomplete', `The language server is not built: ${server} is not there.`, {
      next: 'Run `npm run build` in the folder of grafos.',
    });
  }
  const args = process.argv.slice(process.argv.indexOf('lsp') + 1);
  const child = spawn(process.execPath, [...SERVER_FLAGS, server, ...args], { stdio: 'inherit', windowsHide: true });
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    signal.throwIfAborted();
    return code ?? 1;
  } finally {
    signal.removeEventListener('abort', end);
  }
}
