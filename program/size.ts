/**
 * Sizes as people write them: a number of bytes, or text with `k m g` or `KiB MiB GiB`, all powers
 * of 1024, in any case.
 */
export const SIZE_SYNTAX = 'a number of bytes, or text such as "32KiB", "16m" or "1GiB"';

const UNITS: Record<string, number> = {
  '': 1,
  k: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gib: 1024 ** 3,
};

/** Bytes, or null when the value is no size (negative, fractional, unknown unit, past 2^53 - 1). */
export function parseSize(value: string | number): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : null;
  const match = /^\s*(\d(?:_?\d)*)\s*([a-z]*)\s*$/i.exec(value);
  const unit = UNITS[match?.[2]?.toLowerCase() ?? '?'];
  if (match?.[1] === undefined || unit === undefined) return null;
  const bytes = Number(match[1].replaceAll('_', '')) * unit;
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** For people: `512 bytes`, `32 KiB`, `1.9 KiB`, `16 MiB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  const [unit, size] =
    bytes >= 1024 ** 3
      ? (['GiB', 1024 ** 3] as const)
      : bytes >= 1024 ** 2
        ? (['MiB', 1024 ** 2] as const)
        : (['KiB', 1024] as const);
  const amount = bytes / size;
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)} ${unit}`;
}

/** As it is written in a manifest, always exact: `32MiB`, `65KiB`, `1000`. */
export function sizeText(bytes: number): string {
  for (const [unit, size] of [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const) {
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}
