import { copyFile, rename } from 'node:fs/promises';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { StateFolder } from '../../daemons/protocol/stateFolder.ts';
import { makeProgramState } from './programState.ts';
import { giveStateNotice } from './stateNotices.ts';

/** Folder in a program's state that has the runs of the last `grafos test` with a stack of its own. */
export const TEST_RUNS = 'test';

/** What of a stack's folder its runs are in. */
const [STORE, FILES] = ['cell.db', 'runs'];

/**
 * Keeps the runs of a stack that has stopped, in the place of those of the test before.
 *
 * A program whose state cannot be written is tested all the same; a notice says that its runs are gone.
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

/** The folders may be on two file systems. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    await copyFile(from, to);
  }
}
