import { closeSync, constants, openSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { GrafosError } from '../../base/grafosError.ts';
import { LIMITS } from '../../base/limits.ts';
import { fileError } from '../files/fileError.ts';
import { inputTooLarge } from './inputTooLarge.ts';
import { readInputFile } from './readInputFile.ts';

/**
 * The bytes of the input that a command line names: a file, a pipe or device that does not say its
 * size beforehand, or standard input as `-`.
 *
 * @throws {GrafosError} input_too_large, no_such_file, not_a_file, permission_denied, and the
 *   signal's reason
 */
export async function readInput(file: string, signal: AbortSignal): Promise<Uint8Array> {
  if (file === '-') return await readBounded('Standard input', process.stdin, signal);
  try {
    const seen = await stat(file);
    if (!seen.isFIFO() && !seen.isCharacterDevice()) return await readInputFile(file);
    await using handle = await (seen.isFIFO() ? openPipe(file, signal) : open(file, 'r'));
    return await readBounded(file, handle.createReadStream(), signal);
  } catch (error) {
    const fault = fileError(error, 'The input cannot be read', true);
    throw fault instanceof GrafosError && fault.kind === 'usage' && isLikeJson(file) ? textInstead(fault) : fault;
  }
}

/**
 * Opens a named pipe, which waits for its writer. No signal ends such an open, but a writer does:
 * the abort opens the other end for a moment.
 */
async function openPipe(file: string, signal: AbortSignal): Promise<FileHandle> {
  signal.throwIfAborted();
  const release = () => {
    try {
      closeSync(openSync(file, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // The pipe is gone, or nobody waits at it.
    }
  };
  signal.addEventListener('abort', release, { once: true });
  try {
    const handle = await open(file, 'r');
    if (!signal.aborted) return handle;
    await handle.close();
    throw signal.reason;
  } finally {
    signal.removeEventListener('abort', release);
  }
}

/** Says whether somebody may have given the text of an input in the place of its file. */
function isLikeJson(file: string): boolean {
  return /^\s*[[{"]/.test(file);
}

function textInstead({ code, message, kind }: GrafosError): GrafosError {
  return new GrafosError(code, message, {
    kind,
    next: 'Give a file. A text goes through a pipe: echo TEXT | grafos deploy run --input -',
  });
}

/**
 * Reads all of a stream that has no size beforehand, such as a pipe or a device.
 *
 * @throws {GrafosError} input_too_large, and the signal's reason
 */
async function readBounded(what: string, stream: Readable, signal: AbortSignal): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of addAbortSignal(signal, stream) as AsyncIterable<Uint8Array>) {
      size += part.length;
      if (size > LIMITS.input) throw inputTooLarge(what, size);
      parts.push(part);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  return Buffer.concat(parts);
}
