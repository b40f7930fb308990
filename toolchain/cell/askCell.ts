import { askSocket } from '../../base/askSocket.ts';
import type { StateFolder } from '../../base/files/stateFolder.ts';
import { type CellQuestion, doorAddress } from './cellDoor.ts';

/** Milliseconds in which a running cell answers, and characters of its longest answer. */
const BOUNDS = { silentMs: 5_000, characters: 1024 * 1024 };

/**
 * Asks the cell that runs in a state folder.
 *
 * @returns its answer; undefined where none runs, or where it does not answer in time
 */
export async function askCell<Answer>(folder: StateFolder, question: CellQuestion): Promise<Answer | undefined> {
  return (await askSocket(doorAddress(folder), question, BOUNDS)) as Answer | undefined;
}
