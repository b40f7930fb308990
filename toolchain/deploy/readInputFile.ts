import { parse, resolve } from 'node:path';
import { ProgramReader } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import { inputTooLarge } from './inputTooLarge.ts';

/**
 * The bytes of an input file. Somebody named the file, so it may lie anywhere, but it must be a
 * file: neither a device nor a pipe.
 *
 * @throws {GrafosError} input_too_large, no_such_file, not_a_file, permission_denied,
 *   file_unreadable
 */
export async function readInputFile(file: string): Promise<Uint8Array> {
  const path = resolve(file);
  const read = await new ProgramReader(parse(path).root).readSoon(path, 'fixtureInput');
  if (read.state === 'ok') return read.bytes;
  if (read.state === 'too-large') throw inputTooLarge(file, read.size);
  throw readError(read, file, 'The input cannot be read');
}
