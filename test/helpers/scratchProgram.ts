import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadProgram, type Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { temporaryFolder } from './temporaryFolder.ts';

export interface ScratchProgram extends AsyncDisposable {
  root: string;
  program: Program;
  /** Its first tasklet. */
  tasklet: Tasklet;
  write(path: string, content: string | Uint8Array): Promise<void>;
}

/** A program of one tasklet, `demo`, in a folder of its own. */
export async function scratchProgram(
  source: string,
  files: Record<string, string | Uint8Array>,
): Promise<ScratchProgram> {
  const folder = await temporaryFolder('grafos prögram-');
  const write = async (path: string, content: string | Uint8Array) => {
    const file = join(folder.path, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  };
  await write(
    'grafos.toml',
    `[program]\nname = "demo"\nversion = "0.1.0"\n\n[[tasklet]]\nname = "demo"\nsource = "${source}"\n`,
  );
  for (const [path, content] of Object.entries(files)) await write(path, content);
  const program = loadProgram(folder.path);
  const [tasklet] = program.manifest.tasklets;
  if (tasklet === undefined) throw new Error('the scratch program has no tasklet');
  return { root: folder.path, program, tasklet, write, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}
