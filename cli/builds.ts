import type { Program } from '../program/loadProgram.ts';
import type { Tasklet } from '../program/manifest.ts';
import { BuildFailedError } from '../toolchain/compile/buildFailed.ts';
import { type Staleness, staleness } from '../toolchain/compile/staleness.ts';
import { renderHuman } from '../toolchain/validate/renderHuman.ts';
import type { Output } from './output.ts';

/** The states of a module that nothing proves to be what its source gives now. */
const UNPROVED: ReadonlySet<Staleness['state']> = new Set(['stale', 'foreign', 'unknown']);

/**
 * Warns on stderr when the module differs from the one that its source would give now, or when
 * nothing proves that it does not. It runs all the same, because the user asked for it.
 */
export async function warnIfStale(out: Output, program: Program, tasklet: Tasklet): Promise<void> {
  let seen: Staleness;
  try {
    seen = await staleness(program, tasklet);
  } catch {
    // A module that cannot be read is the deploy's own error.
    return;
  }
  if (UNPROVED.has(seen.state))
    out.warn(`${seen.why} This runs it as it is; build it: grafos tasklet build ${tasklet.name}`);
}

/**
 * Prints the findings of the compiler when they made a build fail. Any other error is thrown on.
 *
 * @returns the exit code
 */
export function reportBuildFailure(out: Output, error: unknown, cwd: string): number {
  if (!(error instanceof BuildFailedError)) throw error;
  if (!out.json) out.note(...renderHuman(error.findings, { base: cwd, paint: out.paint(process.stderr) }));
  return out.error(error);
}
