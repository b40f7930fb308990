import { Refused } from './refused.ts';

/** Makes the refusal of a request that the scheduler could not write to its disk for. */
export function storageUnavailable(message: string): Refused {
  return new Refused(
    'storage_unavailable',
    message,
    'Free space on its disk and try again; grafos dev doctor names the folder of a local stack.',
  );
}
