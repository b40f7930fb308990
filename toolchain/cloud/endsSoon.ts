import type { X509Certificate } from 'node:crypto';

const DAY_MS = 86_400_000;
/** A certificate with less than this left is to be renewed, days. */
const SOON_DAYS = 14;

/**
 * The whole days that are left of a certificate that is to be renewed.
 *
 * @returns undefined while it lasts
 */
export function endsSoon({ validToDate }: X509Certificate, now = Date.now()): number | undefined {
  const days = (validToDate.getTime() - now) / DAY_MS;
  return days < SOON_DAYS ? Math.max(0, Math.floor(days)) : undefined;
}

/** True where a new certificate of this CA could last longer: none outlives its CA. */
export function canOutlast(caEnds: Date, { validToDate }: X509Certificate): boolean {
  return caEnds.getTime() - validToDate.getTime() > DAY_MS;
}
