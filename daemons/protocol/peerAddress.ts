import { isIP } from 'node:net';

/** The 4 or 16 octets of an IP address, or undefined where the text is none. No zone, no brackets. */
export function ipOctets(address: string): Uint8Array | undefined {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return undefined;
  if (family === 4) return Uint8Array.from(address.split('.'), Number);
  // WHATWG URL writes an IPv6 address in its one canonical form, with a dotted tail turned into hexadecimal groups.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Uint8Array.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]));
}
