import { open } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { LIMITS } from '../../daemons/protocol/limits.ts';
import { formatSize } from '../../program/size.ts';
import { fileError } from '../files/fileError.ts';

/** The bytes of an input file, at most {@link LIMITS.input}. @throws GrafosError `input_too_large`, a file error's code; the signal's reason */
export async function readInput(file: string, signal = new AbortController().signal): Promise<Uint8Array> {
  try {
    await using handle = await open(file, 'r');
    const { size } = await handle.stat();
    if (size > LIMITS.input) throw inputTooLarge(file, size);
    return await readBounded(file, handle.createReadStream(), signal);
  } catch (error) {
    throw fileError(error, 'The input cannot be read');
  }
}

/** All of a stream that does not say its size beforehand, as a pipe or a device does not. @throws GrafosError `input_too_large`; the signal's reason */
export async function readBounded(what: string, stream: Readable, signal: AbortSignal): Promise<Uint8Array> {
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

function inputTooLarge(what: string, size: number): GrafosError {
  return new GrafosError(
    'usage',
    'input_too_large',
    `${what} is at least ${formatSize(size)}; a run takes at most ${formatSize(LIMITS.input)} of input.`,
    {
      why: 'A run holds its whole input, and an output that may be as large, in memory.',
      next: 'Give a smaller input, or split it over several runs.',
    },
  );
}
