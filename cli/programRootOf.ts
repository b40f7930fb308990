import { findProgram, loadProgram } from '../program/loadProgram.ts';

/**
 * The folder of the program around `cwd`. Unlike `loadProgram` it does not need a sound manifest: a
 * running stack must be reachable with a broken one.
 */
export function programRootOf(cwd: string): string {
  return findProgram(cwd) ?? loadProgram(cwd).root;
}
