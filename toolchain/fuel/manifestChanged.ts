import { GrafosError } from '../../base/grafosError.ts';
import type { Program } from '../../program/loadProgram.ts';

/** Makes the error for a manifest that was loaded and cannot be read a moment later. */
export function manifestChanged(program: Program): GrafosError {
  return new GrafosError('manifest_unreadable', `${program.manifestPath} cannot be read any more.`, {
    why: 'It changed after it was loaded.',
    next: 'Look at it with grafos validate, and repeat the command.',
  });
}
