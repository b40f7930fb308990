/**
 * Durations as people write them: text with `ms`, `s`, `m` or `h`. A bare number is refused,
 * because its unit would be a guess.
 */
export const DURATION_SYNTAX = 'text with a unit, such as "500ms", "30s" or "2m"';

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds, or null when the text is no duration. */
export function parseDuration(text: string): number | null {
  const match = /^\s*(\d(?:_?\d)*)\s*([a-z]+)\s*$/i.exec(text);
  const unit = UNITS[match?.[2]?.toLowerCase() ?? '?'];
  if (match?.[1] === undefined || unit === undefined) return null;
  const milliseconds = Number(match[1].replaceAll('_', '')) * unit;
  return Number.isSafeInteger(milliseconds) ? milliseconds : null;
}

/** The shortest exact form, which {@link parseDuration} reads back: `1500ms`, `30s`, `2m`. */
export function formatDuration(milliseconds: number): string {
  for (const unit of ['h', 'm', 's'] as const) {
    const size = UNITS[unit] ?? 1;
    if (milliseconds > 0 && milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  }
  return `${milliseconds}ms`;
}
