import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { grafos } from './grafosCommand.ts';
import { temporaryFolder } from './temporaryFolder.ts';

export interface ProgramCopy extends AsyncDisposable {
  path: string;
}

/**
 * A recipe in a folder of its own, without its build output. Its stack is stopped and the folder
 * gone when the block ends.
 */
export async function cookbookCopy(recipe: string, folderName = 'program'): Promise<ProgramCopy> {
  return programIn(folderName, (path) =>
    cp(join(packageRoot, 'cookbook', recipe), path, {
      recursive: true,
      filter: (from) => !/[/\\](build|\.grafos|target)$/.test(from),
    }),
  );
}

/** A program made of the given files, path by text or bytes. */
export async function programOf(
  files: Record<string, string | Uint8Array>,
  folderName = 'program',
): Promise<ProgramCopy> {
  return programIn(folderName, async (path) => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), content);
    }
  });
}

async function programIn(folderName: string, fill: (path: string) => Promise<unknown>): Promise<ProgramCopy> {
  const folder = await temporaryFolder();
  const path = join(folder.path, folderName);
  await mkdir(path);
  await fill(path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await grafos(['dev', 'down'], { cwd: path });
      await folder[Symbol.asyncDispose]();
    },
  };
}
