import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Tasklet } from '../../program/manifest.ts';
import { staleness } from '../build/staleness.ts';
import { findProgramState } from '../stack/programState.ts';
import type { RunProfile } from './profileRun.ts';

/** Name of the folder of profiles in a program's state. */
export const PROFILES = 'profiles';

/** Bytes of a profile that is read at most. */
const PROFILE_BYTES = 64 * 1024 * 1024;

/** Name of the file with the newest profile of a tasklet, which editors show in its source. */
export function newestProfile(tasklet: string): string {
  return `${tasklet}.json`;
}

export interface LineFuel {
  /** From 1. */
  line: number;
  fuel: number;
  /** Of all fuel of the run, 0 to 1. */
  share: number;
}

/**
 * What the newest profile says of the lines of one source, as it lies on disk; nothing when there is none, or when it is of another
 * module than the one that is built from these sources.
 */
export function sourceFuel(root: string, tasklet: Tasklet, source: string): LineFuel[] {
  let profile: RunProfile;
  let built: Buffer;
  try {
    const profiles = findProgramState(root, PROFILES);
    profile = JSON.parse(profiles?.readText(newestProfile(tasklet.name), PROFILE_BYTES) ?? '');
    built = readFileSync(join(root, tasklet.output));
  } catch {
    return [];
  }
  if (profile.module_sha256 !== createHash('sha256').update(built).digest('hex')) return [];
  if (staleness({ root }, tasklet).state !== 'fresh') return [];
  return profile.lines
    .filter(({ file }) => file !== null && resolve(root, file) === source)
    .map(({ line, fuel }) => ({ line, fuel, share: fuel / Math.max(1, profile.fuel_used) }));
}
