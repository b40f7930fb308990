import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { packageRoot } from '../../daemons/protocol/packageRoot.ts';
import type { CommandContext } from '../command.ts';

/** Becomes the language server, which ends the process when its client says so or is gone. */
export async function run({ signal }: CommandContext): Promise<never> {
  const server = join(packageRoot, 'dist', 'language-server', 'main.js');
  if (!existsSync(server)) {
    throw new GrafosError('unreachable', 'not_built', `The language server is not built: ${server} is not there.`, {
      next: 'Run `npm run build` in the folder of grafos.',
    });
  }
  await import(pathToFileURL(server).href);
  return await new Promise<never>(() => {
    signal.addEventListener('abort', () => process.exit(130), { once: true });
  });
}
