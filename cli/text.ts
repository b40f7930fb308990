import { isAbsolute, relative } from 'node:path';

/**
 * A count with commas between thousands. Not `toLocaleString`: loading its tables costs 16 ms, more
 * than all else a command prints.
 */
export function countText(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** A moment for people, in their own time zone: `2026-11-23 13:14:13`. JSON keeps RFC 3339. */
export function timeText(rfc3339: string): string {
  const at = new Date(rfc3339);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/**
 * A path for people: relative to the working folder when it is below, else whole. JSON keeps
 * absolute paths.
 */
export function pathText(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near === '' || near.startsWith('..') || isAbsolute(near) ? path : near;
}

/** A span of time for people: `410 us`, `1.5 ms`, `2.25 s`. */
export function durationText(microseconds: number): string {
  return microseconds < 1000
    ? `${microseconds} us`
    : microseconds < 1_000_000
      ? `${(microseconds / 1000).toFixed(1)} ms`
      : `${(microseconds / 1e6).toFixed(2)} s`;
}
