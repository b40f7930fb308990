import { setTimeout as delay } from 'node:timers/promises';

const FIRST_MS = 500;
const LONGEST_MS = 5_000;

/**
 * Waits before the state of a cloud is looked at again: neither cloud tells a change by itself.
 *
 * @param look the number of looks before, from 0
 */
export async function nextLook(look: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(Math.min(LONGEST_MS, FIRST_MS * 1.4 ** look), undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}
