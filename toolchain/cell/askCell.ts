import { connect } from 'node:net';
import type { StateFolder } from '../../base/files/stateFolder.ts';
import { type CellQuestion, doorAddress } from './cellDoor.ts';

/** Time that a running cell may take to answer, milliseconds. */
const ANSWER_MS = 5_000;
/** Bytes of the longest answer. */
const ANSWER_BYTES = 1024 * 1024;

/**
 * Asks the cell that runs in a state folder.
 *
 * @returns its answer; undefined where none runs, or where it does not answer in time
 */
export function askCell<Answer>(folder: StateFolder, question: CellQuestion): Promise<Answer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
  const socket = connect(doorAddress(folder), () => socket.write(`${question}\n`));
  let text = '';
  socket.setEncoding('utf8');
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  socket.on('data', (part: string) => {
    text += part;
    if (text.length > ANSWER_BYTES) socket.destroy();
  });
  socket.on('error', () => {});
  socket.on('close', () => resolve(answerOf(text)));
  return promise;
}

function answerOf<Answer>(text: string): Answer | undefined {
  if (!text.endsWith('\n')) return undefined;
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return undefined;
  }
}
