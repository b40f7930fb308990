import { Buffer } from 'node:buffer';
import { createCipheriv } from 'node:crypto';

const ZEROS = new Uint8Array(64 * 1024);

/**
 * The bytes of `random_fill`: the AES-256-CTR key stream (NIST SP 800-38A) with the run's seed as
 * key and sixteen zero bytes as first counter block.
 *
 * The whole run has one stream: two fills of four bytes give the bytes of one fill of eight.
 *
 * @param seed 64 hex digits
 */
export function randomStream(seed: string): (target: Uint8Array) => void {
  const cipher = createCipheriv('aes-256-ctr', Buffer.from(seed, 'hex'), new Uint8Array(16));
  return (target) => {
    for (let at = 0; at < target.length; at += ZEROS.length) {
      target.set(cipher.update(ZEROS.subarray(0, Math.min(ZEROS.length, target.length - at))), at);
    }
  };
}
