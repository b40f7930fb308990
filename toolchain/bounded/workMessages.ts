import type { ErrorKind } from '../../daemons/protocol/grafosError.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { Compiled } from '../build/compiled.ts';
import type { Finding } from '../validate/finding.ts';

/** The work that a command gives to its bounded thread; one at a time. */
export type Work =
  /** @property skip names of tasklets that are not checked */
  | { kind: 'validate'; root: string; tasklet: string | null; skip: readonly string[] }
  | { kind: 'compile'; program: Program; tasklet: Tasklet }
  /** Load the compiler. */
  | { kind: 'warm' };

/** Messages of the thread about its work; any but `began` ends it. */
export type WorkReport =
  /** The check of a tasklet begins, and `findings` came since the last report. */
  | { state: 'began'; tasklet: Tasklet; findings: Finding[] }
  | { state: 'validated'; findings: Finding[] }
  | { state: 'compiled'; compiled: Compiled }
  | { state: 'warmed' }
  | { state: 'refused'; error: { kind: ErrorKind; code: string; message: string; why?: string; next?: string } }
  | { state: 'failed'; message: string };
