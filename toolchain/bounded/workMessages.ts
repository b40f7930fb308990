import type { ErrorCode, ErrorKind } from '../../base/errorCodes.ts';
import type { FuelProfile } from '../../daemons/wire/fuelProfile.ts';
import type { Place } from '../../daemons/wire/place.ts';
import type { RunError } from '../../daemons/wire/runError.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { Compiled } from '../compile/compiled.ts';
import type { CoveredFile } from '../coverage/lineCoverage.ts';
import type { ProfiledRun, RunProfile } from '../profile/profileRun.ts';
import type { LineFuel } from '../profile/sourceFuel.ts';
import type { EndedRun } from '../replay/endedRun.ts';
import type { OpenedRun } from '../replay/openRunFile.ts';
import type { ReplayHere } from '../replay/replayHere.ts';
import type { Finding } from '../validate/finding.ts';

/** The work that a command gives to its bounded thread; one at a time. */
export type Work =
  /** @property skip names of tasklets that are not checked */
  | { kind: 'validate'; root: string; tasklet: string | null; skip: readonly string[] }
  | { kind: 'compile'; program: Program; tasklet: Tasklet }
  /** Find where in the source a run failed. */
  | { kind: 'places'; root: string; tasklet: Tasklet; failed: FailedRun; log: string }
  /** Find the fuel of the lines of one source in the newest profile. */
  | { kind: 'fuel'; root: string; tasklet: Tasklet; source: string }
  /** Find the lines that counted runs of a built tasklet executed. */
  | { kind: 'coverage'; root: string; tasklet: Tasklet; runs: Array<Pick<FuelProfile, 'places'>> }
  /** Read what is shown of a run, from its file. */
  | { kind: 'runFile'; file: string }
  /** Read a run from its file, with its module and source map. */
  | { kind: 'bundle'; file: string }
  /** Repeat the run of a file, with counters. */
  | { kind: 'replayFile'; file: string }
  /** Repeat the run of a file, and add up its counters by functions and lines. */
  | { kind: 'profileFile'; file: string }
  /**
   * Repeat a run of the program, add up its counters, and keep the profile in the program's state.
   *
   * @property output path of the built module in the program
   */
  | { kind: 'profile'; root: string; output: string; run: ProfiledRun }
  /** Load the compiler and compile a recipe with it. */
  | { kind: 'warm' };

/** A replay of a file's run, and which run it was. */
export interface ReplayedFile extends ReplayHere {
  run_id: string;
  module_sha256: string;
}

/** The end of a run, as its response has it. */
export interface FailedRun {
  error: RunError | null;
  module_sha256: string;
}

/** Messages of the thread about its work; any but `began` ends it. */
export type WorkReport =
  /** The check of a tasklet begins, and `findings` came since the last report. */
  | { state: 'began'; tasklet: Tasklet; findings: Finding[] }
  | WorkAnswer
  | { state: 'refused'; error: { kind: ErrorKind; code: ErrorCode; message: string; why?: string; next?: string } }
  | { state: 'failed'; message: string };

/** The answer to a work that was done. */
export type WorkAnswer =
  | { state: 'validated'; findings: Finding[] }
  | { state: 'compiled'; compiled: Compiled }
  | { state: 'placed'; places: Place[] }
  | { state: 'fuelled'; lines: LineFuel[] }
  | { state: 'covered'; files: CoveredFile[] }
  | { state: 'opened'; opened: OpenedRun }
  | { state: 'bundle'; ended: EndedRun }
  | { state: 'replayed'; replayed: ReplayedFile }
  | { state: 'profiled'; profile: RunProfile }
  | { state: 'warmed' };
