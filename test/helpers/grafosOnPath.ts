import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { temporaryFolder } from './temporaryFolder.ts';

export interface GrafosOnPath extends AsyncDisposable {
  /** Environment in which `grafos` is the built command. */
  env: NodeJS.ProcessEnv;
}

/** Makes a command `grafos` for shells that run the blocks of a page. */
export async function grafosOnPath(): Promise<GrafosOnPath> {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'grafos');
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${join(packageRoot, 'bin/grafos.cjs')}' "$@"\n`);
  await chmod(file, 0o755);
  return {
    env: { ...process.env, PATH: `${folder.path}:${process.env.PATH}` },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
