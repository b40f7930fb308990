import { open } from 'node:fs/promises';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { LIMITS } from '../../daemons/protocol/limits.ts';
import { formatSize } from '../../program/size.ts';
import { fileError } from '../files/fileError.ts';

/** The bytes of an input file, at most {@link LIMITS.input}. @throws GrafosError `input_too_large`, or a file error's code. */
export async function readInput(file: string): Promise<Uint8Array> {
  try {
    await using handle = await open(file, 'r');
    const { size } = await handle.stat();
    if (size > LIMITS.input) throw inputTooLarge(file, size);
    const bytes = await handle.readFile();
    // A pipe has no size beforehand.
    if (bytes.length > LIMITS.input) throw inputTooLarge(file, bytes.length);
    return bytes;
  } catch (error) {
    throw fileError(error, 'The input cannot be read');
  }
}

export function inputTooLarge(what: string, size: number): GrafosError {
  return new GrafosError(
    'usage',
    'input_too_large',
    `${what} is ${formatSize(size)}; a run takes at most ${formatSize(LIMITS.input)} of input.`,
    {
      why: 'A run holds its whole input, and an output that may be as large, in memory.',
      next: 'Give a smaller input, or split it over several runs.',
    },
  );
}
