import { createHmac } from 'node:crypto';
import { realpathSync } from 'node:fs';
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
 * @throws {GrafosError} as `makeProgramState`
 */
export async function cargoFolder(programRoot: string, command: 'build' | 'check'): Promise<string> {
  // A program that was moved takes its record along first.
  await makeProgramState(programRoot, 'build');
  const { id } = await claimProgramRecord(realpathSync.native(programRoot));
  const name = createHmac('sha256', id).update(`cargo ${command}`).digest('hex').slice(0, DIGITS);
  return (await makeProgramState(programRoot, 'build', `cargo-${command}-${name}`)).path;
}
