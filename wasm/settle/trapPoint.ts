import type { MeteredModule } from '../meter/meteredModule.ts';
import { type CodePoint, codePoint } from './codePoint.ts';
import { stackFrame } from './stackFrame.ts';

/**
 * Finds where a run trapped, from the unchanged `stack` of the error that V8 threw.
 *
 * Null when the innermost frame is not the module's. Then the error comes from a host function,
 * whose call was paid for exactly, and nothing is refunded.
 */
export function trapPoint(metered: MeteredModule, stack: string): CodePoint | null {
  const line = stack.split('\n').find((one) => /^\s*at /.test(one));
  const frame = line === undefined ? null : stackFrame(line);
  return frame === null ? null : codePoint(metered, frame);
}
