import { copyFile, rename } from 'node:fs/promises';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { makeProgramState } from './programState.ts';
import { giveStateNotice } from './stateNotices.ts';

/** Folder in a program's state for the runs of the last `grafos test` with a stack of its own. */
export const TEST_RUNS = 'test';

/** Names in a stack's folder that hold its runs: the store, and the folder of larger files. */
const [STORE, FILES] = ['cell.db', 'runs'];

/**
 * Keeps the runs of a stopped stack, in place of the runs of the test before. Where the state of
 * the program cannot be written, a notice says that the runs are not kept, and the test goes on.
 *
 * @param from folder of the stack
 */
export async function keepTestRuns(programRoot: string, from: string): Promise<void> {
  try {
    const [kept, stopped] = [await makeProgramState(programRoot, TEST_RUNS), StateFolder.findAt(from)];
    for (const name of kept.names()) kept.remove(name);
    if (stopped === undefined || !stopped.names().includes(STORE)) return;
    const files = stopped.find(FILES);
    if (files !== undefined) {
      const to = kept.make(FILES);
      for (const name of files.names()) await move(files.checked(name), to.checked(name));
    }
    await move(stopped.checked(STORE), kept.checked(STORE));
  } catch (error) {
    if (!(error instanceof GrafosError)) throw error;
    giveStateNotice('warning', `the runs of this test are not kept: ${error.message}`);
  }
}

/** Moves a file, also between two file systems. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    await copyFile(from, to);
  }
}
