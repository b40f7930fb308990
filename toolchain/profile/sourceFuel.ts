import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { staleness } from '../build/staleness.ts';
import type { RunProfile } from './profileRun.ts';

/** Where the newest profile of a tasklet is kept, which editors show in its source. */
export function newestProfile(root: string, tasklet: string): string {
  return join(root, '.grafos', 'profiles', `${tasklet}.json`);
}

export interface LineFuel {
  /** From 1. */
  line: number;
  fuel: number;
  /** Of all fuel of the run, 0 to 1. */
  share: number;
}

/**
 * The lines of one source in the newest profile, as the source lies on disk; none when there is no profile, or when it is of another module than the
 * one that is built from these sources.
 */
export async function sourceFuel(root: string, tasklet: Tasklet, source: string): Promise<LineFuel[]> {
  const reader = new ProgramReader(root);
  const kept = await reader.readSoon(newestProfile(root, tasklet.name), 'profile');
  const profile = kept.state === 'ok' ? profileOf(kept.bytes) : null;
  if (profile === null) return [];
  const built = await reader.readSoon(join(root, tasklet.output), 'module');
  if (built.state !== 'ok' || profile.module_sha256 !== createHash('sha256').update(built.bytes).digest('hex'))
    return [];
  if ((await staleness({ root }, tasklet)).state !== 'fresh') return [];
  return profile.lines
    .filter(({ file }) => file !== null && resolve(root, file) === source)
    .map(({ line, fuel }) => ({ line, fuel, share: fuel / Math.max(1, profile.fuel_used) }));
}

/** The parts of a profile that are used, or null where the file is none: it may have come with the program. */
function profileOf(bytes: Buffer): Pick<RunProfile, 'module_sha256' | 'lines' | 'fuel_used'> | null {
  try {
    const profile: Partial<RunProfile> | null = JSON.parse(bytes.toString('utf8'));
    const { module_sha256, lines, fuel_used } = profile ?? {};
    if (typeof module_sha256 !== 'string' || typeof fuel_used !== 'number' || !Array.isArray(lines)) return null;
    const isWhole = lines.every(
      (one: Partial<RunProfile['lines'][number]> | null) =>
        (one?.file === null || typeof one?.file === 'string') &&
        typeof one.line === 'number' &&
        typeof one.fuel === 'number',
    );
    return isWhole ? { module_sha256, lines, fuel_used } : null;
  } catch {
    return null;
  }
}
