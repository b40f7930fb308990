import { clock_unix_nanos } from "./host";

/**
 * Nanoseconds since 1970-01-01T00:00:00Z. Deterministic: the run's recorded start plus one
 * nanosecond per unit of fuel used, so a replay reads the same times.
 */
export function clock(): i64 {
  return clock_unix_nanos();
}
