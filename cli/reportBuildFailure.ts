import { BuildFailed } from '../toolchain/build/buildFailed.ts';
import { renderHuman } from '../toolchain/validate/renderHuman.ts';
import type { Output } from './output.ts';

/** Prints what the compiler found, when that is why a build failed. @returns the exit code; anything else is thrown on. */
export function reportBuildFailure(out: Output, error: unknown, cwd: string): number {
  if (!(error instanceof BuildFailed)) throw error;
  if (!out.json) out.note(...renderHuman(error.findings, { base: cwd, paint: out.paint(process.stderr) }));
  return out.error(error);
}
