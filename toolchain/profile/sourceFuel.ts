import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Tasklet } from '../../program/manifest.ts';
import { PROGRAM_LIMITS } from '../../program/programLimits.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { staleness } from '../compile/staleness.ts';
import { findProgramState } from '../stack/programState.ts';
import type { RunProfile } from './profileRun.ts';

/** Name of the folder of profiles in a program's state. */
export const PROFILES = 'profiles';

/** Name of the file with the newest profile of a tasklet, which editors show in its source. */
export function newestProfile(tasklet: string): string {
  return `${tasklet}.json`;
}

/** The part of a profile that is kept for the lines of the sources. */
interface KeptProfile {
  module_sha256: string;
  fuel_used: number;
  lines: Array<Pick<RunProfile['lines'][number], 'file' | 'line' | 'fuel' | 'total'>>;
}

/**
 * The text of the file {@link newestProfile}.
 *
 * A whole profile of a large module has more bytes than are read again.
 */
export function keptProfileText({ module_sha256, fuel_used, lines }: RunProfile): string {
  const kept: KeptProfile = {
    module_sha256,
    fuel_used,
    lines: lines
      .filter(({ file }) => file !== null)
      .map(({ file, line, fuel, total }) => ({ file, line, fuel, total })),
  };
  return `${JSON.stringify(kept)}\n`;
}

export interface LineFuel {
  /** From 1. */
  line: number;
  /** Fuel of the line itself. */
  fuel: number;
  /** Fuel of the line and of all that it called. */
  total: number;
  /** Share of `total` in all fuel of the run, 0 to 1. */
  share: number;
}

/**
 * The lines of one source in the newest profile, as the source is on disk. There are none without a
 * profile, or when the profile is of another module than the one that is built from these sources.
 */
export async function sourceFuel(root: string, tasklet: Tasklet, source: string): Promise<LineFuel[]> {
  const profile = keptProfile(root, tasklet);
  if (profile === null) return [];
  const built = await new ProgramReader(root).readSoon(join(root, tasklet.output), 'module');
  if (built.state !== 'ok' || profile.module_sha256 !== createHash('sha256').update(built.bytes).digest('hex'))
    return [];
  if ((await staleness({ root }, tasklet)).state !== 'fresh') return [];
  return profile.lines
    .filter(({ file }) => file !== null && resolve(root, file) === source)
    .map(({ line, fuel, total }) => ({ line, fuel, total, share: total / Math.max(1, profile.fuel_used) }));
}

function keptProfile(root: string, tasklet: Tasklet): KeptProfile | null {
  try {
    const bytes = findProgramState(root, PROFILES)?.read(newestProfile(tasklet.name), PROGRAM_LIMITS.profile);
    return bytes === undefined ? null : profileOf(bytes);
  } catch {
    // A folder that is not safe to use has no profile.
    return null;
  }
}

/**
 * The parts of a profile that are used, or null where the file is none: it may have come with the
 * program.
 */
function profileOf(bytes: Buffer): KeptProfile | null {
  try {
    const profile: Partial<KeptProfile> | null = JSON.parse(bytes.toString('utf8'));
    const { module_sha256, lines, fuel_used } = profile ?? {};
    if (typeof module_sha256 !== 'string' || typeof fuel_used !== 'number' || !Array.isArray(lines)) return null;
    const isWhole = lines.every(
      (one: Partial<KeptProfile['lines'][number]> | null) =>
        (one?.file === null || typeof one?.file === 'string') &&
        typeof one.line === 'number' &&
        typeof one.fuel === 'number' &&
        typeof one.total === 'number',
    );
    return isWhole ? { module_sha256, lines, fuel_used } : null;
  } catch {
    return null;
  }
}
