/**
 * Private keys that no file of the program names.
 *
 * The `tenant_key` of a cell is then `secret:NAME`, and the host of the toolchain reads NAME from a
 * store of its own, as the editor does from its secret storage.
 */
import { GrafosError } from '../../base/grafosError.ts';

const PREFIX = 'secret:';

let readKept: ((name: string) => PromiseLike<string | undefined>) | undefined;

/** Says how kept keys are read in this process. */
export function keepKeysIn(read: (name: string) => PromiseLike<string | undefined>): void {
  readKept = read;
}

/** The reference to a kept key, in the place of a key's path. */
export function keptKeyReference(name: string): string {
  return `${PREFIX}${name}`;
}

export function isKeptKey(reference: string): boolean {
  return reference.startsWith(PREFIX);
}

/** The name that a reference keeps its key under; undefined for the path of a file. */
export function keptKeyName(reference: string): string | undefined {
  return isKeptKey(reference) ? reference.slice(PREFIX.length) : undefined;
}

/**
 * The key of a provider's cell as PEM.
 *
 * @throws {GrafosError} key_not_here when this process has no such store, or the store no such key
 */
export async function readKeptKey(of: string, reference: string): Promise<string> {
  const key = await readKept?.(reference.slice(PREFIX.length));
  if (key !== undefined) return key;
  throw new GrafosError('key_not_here', 'The key of this cell is kept in the secret storage of an editor, not here.', {
    why:
      readKept === undefined
        ? 'The command line cannot read it there.'
        : 'This editor has no such key: another one keeps it.',
    next:
      readKept === undefined
        ? `Deploy from that editor, or add the cell for the command line: grafos cloud adopt ${of} --key tenant-key.pem …`
        : 'Add the cell again in this editor.',
  });
}
