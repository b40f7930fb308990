/** The result of a run of tests. */
export interface Counts {
  passed: number;
  failed: number;
  /** In words, what was not run and how to have it run. */
  skipped: string[];
}

/**
 * Prints the closing line of a run, `N passed, N failed[, N skipped]`, and sets the exit code.
 * Where CI is set, a skipped test is a failure.
 */
export function closeWith(parts: Counts[]): void {
  const skipped = parts.flatMap((part) => part.skipped);
  for (const one of skipped) console.log(`skipped: ${one}`);
  const inCi = process.env.CI === 'true';
  const passed = parts.reduce((sum, part) => sum + part.passed, 0);
  const failed = parts.reduce((sum, part) => sum + part.failed, 0) + (inCi ? skipped.length : 0);
  console.log(`${passed} passed, ${failed} failed${inCi || skipped.length === 0 ? '' : `, ${skipped.length} skipped`}`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
