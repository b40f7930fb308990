import { GrafosError } from '../../base/grafosError.ts';

/**
 * Memory that a cell leases parts of, all zeros.
 *
 * @param bytes of the whole pool
 * @throws {GrafosError} mem_capacity_unavailable
 */
export function createMemPool(bytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes);
  } catch (cause) {
    throw new GrafosError('mem_capacity_unavailable', `There is no memory for a pool of ${bytes} bytes.`, {
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Give a smaller --mem-capacity.',
      cause,
    });
  }
}
