import { setTimeout as delay } from 'node:timers/promises';
import { load, proportionalSetSize } from '../../test/helpers/measure.ts';
import type { PeerFigures } from './peer.ts';
import { startHttpCallers } from './startHttpCallers.ts';

/**
 * Measures a peer that listens: its first answer since `begun`, its idle memory, and its warm
 * calls.
 */
export async function measureServer(url: string, begun: number, pids: number[], seconds: number): Promise<PeerFigures> {
  using one = startHttpCallers(url, 1, '{}');
  await one.callers[0]?.();
  const first_answer_ms = performance.now() - begun;
  await delay(500);
  const idle_mib = proportionalSetSize(...pids);
  using many = startHttpCallers(url, 32, '{}');
  // Everybody is warm before the clock runs.
  await load(many.callers, seconds / 2);
  return { first_answer_ms, idle_mib, loads: [await load(one.callers, seconds), await load(many.callers, seconds)] };
}
