import { LIMITS } from '../daemons/protocol/limits.ts';
import { inputTooLarge } from '../toolchain/deploy/readInput.ts';

/** All of standard input, at most {@link LIMITS.input} bytes. @throws GrafosError `input_too_large` */
export async function readStdin(): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of process.stdin as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > LIMITS.input) throw inputTooLarge('Standard input', size);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
