import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { devDown } from '../../../toolchain/stack/devDown.ts';

/**
 * Time that a stack may take to end after its last window, milliseconds: a window that is reloaded
 * is waited for.
 */
export const SETTLED_MS = 100_000;

const cookbook = join(import.meta.dirname, '..', '..', '..', 'cookbook');

/**
 * A recipe copied to a folder of its own. Dispose stops the stack, should one run, and removes the
 * folder.
 */
export async function programForEditor(recipe: string): Promise<AsyncDisposable & { root: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'grafos-program-'));
  const root = join(folder, recipe);
  await cp(join(cookbook, recipe), root, {
    recursive: true,
    filter: (path) => !['.grafos', 'build', 'target'].includes(basename(path)),
  });
  return {
    root,
    async [Symbol.asyncDispose]() {
      await devDown(root, AbortSignal.timeout(30_000)).catch(() => {});
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}
