import { createHmac } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { delimiter } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { makeProgramState } from '../stack/programState.ts';
import { claimProgramRecord } from '../user/programRecords.ts';

/** Hexadecimal digits of a folder's name: 64 bits. */
const DIGITS = 16;

/**
 * Makes the target folder of `cargo build` or `cargo check` in `.grafos/build`. Its name depends on
 * the secret id in the user's record of the program. Cargo trusts what lies in its target folder,
 * and an update of a repository could bring files below `.grafos`. It cannot foresee the name.
 *
 * @returns the path
 * @throws {GrafosError} rust_path_unfit, and as `makeProgramState`
 */
export async function cargoFolder(programRoot: string, command: 'build' | 'check'): Promise<string> {
  // A program that was moved takes its record along first.
  await makeProgramState(programRoot, 'build');
  const { id } = await claimProgramRecord(realpathSync.native(programRoot));
  const name = createHmac('sha256', id).update(`cargo ${command}`).digest('hex').slice(0, DIGITS);
  const { path } = await makeProgramState(programRoot, 'build', `cargo-${command}-${name}`);
  refuseUnfit(path);
  return path;
}

/**
 * Refuses a path that Rust's tools read otherwise. LLVM puts random digits in the place of each `%`
 * of a temporary file, and cargo joins folders by the character between paths of the system.
 */
function refuseUnfit(path: string): void {
  const unfit = ['%', delimiter].find((character) => path.includes(character));
  if (unfit === undefined) return;
  throw new GrafosError('rust_path_unfit', `Rust cannot be built in a folder whose path has "${unfit}": ${path}`, {
    why: unfit === '%' ? 'rustc does not find its own files there.' : 'It separates paths in the variables of cargo.',
    next: 'Move the program to a path without that character.',
  });
}
