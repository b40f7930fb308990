/**
 * Distinguishes the path of a run's file from a run id. No run id has a dot or a slash, and every
 * file can be named with one: ./FILE.
 */
export function isRunFile(given: string): boolean {
  return /[./\\]/.test(given);
}
