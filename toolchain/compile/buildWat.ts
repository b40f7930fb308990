import { join } from 'node:path';
import { decodeText, NOT_TEXT } from '../../program/decodeText.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader, type ReadFault } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import type { Compiled } from './compiled.ts';
import { compileWat } from './compileWat.ts';

/**
 * Assembles a tasklet that is written as WebAssembly text.
 *
 * @throws {GrafosError} no_such_file, not_a_file, file_too_large, file_outside_program where the
 *   file cannot be read
 */
export async function buildWat(program: Program, tasklet: Tasklet): Promise<Compiled> {
  const file = join(program.root, tasklet.source);
  const read = await new ProgramReader(program.root).readSoon(file, 'source');
  if (read.state !== 'ok') throw readError(read, tasklet.source, `The tasklet "${tasklet.name}" cannot be read`);
  const content = read.bytes;
  const text = decodeText(content);
  if (text === null) {
    const fault: ReadFault = { state: 'unreadable', why: NOT_TEXT, error: undefined };
    throw readError(fault, tasklet.source, `The tasklet "${tasklet.name}" cannot be read`);
  }
  const { wasm, diagnostics } = await compileWat(file, text);
  return { wasm, sourceMap: null, diagnostics, files: [{ path: tasklet.source, content }] };
}
