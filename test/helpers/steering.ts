/**
 * Steering characters by code point, so that the tests share no pattern with the code they test.
 */
export function steers(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  const within = (...ranges: Array<[number, number]>) => ranges.some(([from, to]) => code >= from && code <= to);
  return (
    (code !== 9 && within([0, 0x1f], [0x7f, 0x9f])) ||
    within([0x2028, 0x202e], [0x2066, 0x2069], [0x200e, 0x200f], [0xd800, 0xdfff], [0xe0000, 0xe007f]) ||
    [0x61c, 0x200b, 0xfeff].includes(code)
  );
}

/** Every character there is that steers. */
export const STEERING = Array.from({ length: 0xe0080 }, (_, code) => String.fromCodePoint(code)).filter(steers);
