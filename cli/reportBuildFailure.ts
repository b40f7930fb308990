import { BuildFailed } from '../toolchain/build/buildTasklet.ts';
import type { Output } from './output.ts';
import { renderFindings } from './renderFindings.ts';

/** Prints what the compiler found, when that is why a build failed. @returns the exit code; anything else is thrown on. */
export function reportBuildFailure(out: Output, error: unknown): number {
  if (!(error instanceof BuildFailed)) throw error;
  if (error.findings.length > 0 && !out.json)
    out.note(renderFindings(error.findings, process.cwd(), out.paint(process.stderr)));
  return out.error(error);
}
