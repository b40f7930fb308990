import { resolve } from 'node:path';
import { loadProgram } from '../../program/loadProgram.ts';
import { profileBounded } from '../../toolchain/bounded/profileBounded.ts';
import { profileFileBounded } from '../../toolchain/bounded/runFileBounded.ts';
import { countOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { isRunFile } from '../isRunFile.ts';
import { profileLines, warnUnwritten } from '../profileLines.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string; cell?: string; limit: string },
): Promise<void> {
  const rows = countOption('--limit', given.limit, Number.MAX_SAFE_INTEGER, 1);
  out.progress('counting');
  const profile = isRunFile(given.runId)
    ? await profileFileBounded(resolve(cwd, given.runId), signal)
    : await profileBounded(loadProgram(cwd), given.runId, given, signal);
  warnUnwritten(out, profile);
  out.result(profile, (paint) => profileLines(profile, rows, cwd, paint));
}
