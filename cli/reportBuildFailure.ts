import { BuildFailedError } from '../toolchain/compile/buildFailed.ts';
import { renderHuman } from '../toolchain/validate/renderHuman.ts';
import type { Output } from './output.ts';

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
