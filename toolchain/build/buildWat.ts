import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { fileError } from '../files/fileError.ts';
import type { Compiled } from './compiled.ts';
import { compileWat } from './compileWat.ts';

/** @throws GrafosError where the file cannot be read. */
export async function buildWat(program: Program, tasklet: Tasklet): Promise<Compiled> {
  const file = join(program.root, tasklet.source);
  let content: Buffer;
  try {
    content = await readFile(file);
  } catch (error) {
    throw fileError(error, `The tasklet "${tasklet.name}" cannot be read`);
  }
  const { wasm, diagnostics } = await compileWat(file, content.toString('utf8'));
  return { wasm, sourceMap: null, diagnostics, files: [{ path: tasklet.source, content }] };
}
