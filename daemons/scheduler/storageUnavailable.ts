import { RefusedError } from './refused.ts';

/** Makes the refusal of a request that the scheduler could not write to its disk for. */
export function storageUnavailable(message: string): RefusedError {
  return new RefusedError(
    'storage_unavailable',
    message,
    'Free space on its disk and try again; grafos dev doctor names the folder of a local stack.',
  );
}
