/**
 * Milliseconds of `wait=N` in a Prefer header (RFC 7240, section 4.3), at most `max`; 0 when there
 * is none.
 */
export function preferWait(prefer: string | undefined, max: number): number {
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=$|[,;])/i.exec(prefer ?? '')?.[1];
  return seconds === undefined ? 0 : Math.min(Number(seconds) * 1000, max);
}
