import { createHash } from 'node:crypto';
import { readSmallFile } from '../../base/files/readSmallFile.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { plainText } from '../../base/text/plainText.ts';
import { fileFault } from '../files/fileError.ts';

export interface Pem {
  text: string;
  /** SHA-256 of the file, lower-case hex. */
  sha256: string;
}

/** Owner of trust files that a command line names; for them a fault is wrong usage. */
export const BY_HAND = 'the scheduler';

/** Bytes; a chain of certificates has a few thousand. */
export const PEM_BYTES_MAX = 256 * 1024;

/**
 * A certificate or key from its file.
 *
 * @param of whose it is, for the error: `local`, or a provider
 * @throws {GrafosError} trust_unreadable
 */
export async function readPem(of: string, file: string): Promise<Pem> {
  try {
    const bytes = await readSmallFile(file, PEM_BYTES_MAX);
    return { text: bytes.toString('utf8'), sha256: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    throw new GrafosError('trust_unreadable', `A trust file of ${of} cannot be read (${plainText(file, 1024)}).`, {
      kind: of === BY_HAND ? 'usage' : 'unreachable',
      why: fileFault(error),
      next: of === 'local' ? 'Start the stack again: grafos dev up' : 'Check the path and its permissions.',
      cause: error,
    });
  }
}
