import { createHash } from 'node:crypto';

/** A version 5 UUID (RFC 9562) of words: the same words give the same UUID. */
export function uuidOf(...words: string[]): string {
  const hash = createHash('sha1').update(JSON.stringify(words)).digest().subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
