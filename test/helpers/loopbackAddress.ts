import { randomInt } from 'node:crypto';

/** An address of this machine that no other test has. */
export function loopbackAddress(): string {
  return `127.${[0, 0, 0].map(() => randomInt(2, 252)).join('.')}`;
}
