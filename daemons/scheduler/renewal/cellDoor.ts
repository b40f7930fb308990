import { connect } from 'node:net';
import { RefusedError } from '../refused.ts';

/**
 * Time that the process which runs the cell may take to answer, milliseconds. It may wait ten
 * seconds for the lock of the cell's setup.
 */
const ANSWER_MS = 20_000;
const ANSWER_CHARACTERS = 64 * 1024;

/** The process that runs the cell and keeps its keys, which the scheduler does not. */
export interface CellDoor {
  /** Makes the next keys where there are none, and gives the request for their certificates. */
  request(): Promise<string>;
  /** Puts certificates in force. @throws {RefusedError} bad_request when they do not fit */
  take(answer: string): Promise<void>;
}

/**
 * A client of the local socket of `grafos cell run`.
 *
 * @param path of the socket; undefined for a scheduler that is run without it
 */
export function cellDoor(path: string | undefined): CellDoor {
  const ask = async (question: string): Promise<Record<string, unknown>> => {
    if (path === undefined) {
      throw new RefusedError('not_found', 'Nobody keeps the keys of this cell.', 'Renew them where it is run.');
    }
    const answer = await askDoor(path, question);
    if (answer !== undefined) return answer;
    throw new RefusedError('runtime_not_ready', 'The process that runs the cell does not answer.', 'Try it again.');
  };
  return {
    request: async () => {
      const { request } = await ask('request');
      if (typeof request === 'string') return request;
      throw new RefusedError('runtime_not_ready', 'The cell makes no request now.', 'Try it again.');
    },
    take: async (text) => {
      const { refused } = await ask(`answer ${Buffer.from(text).toString('base64')}`);
      if (refused !== undefined) throw new RefusedError('bad_request', `The certificates do not fit: ${refused}`);
    },
  };
}

function askDoor(path: string, question: string): Promise<Record<string, unknown> | undefined> {
  const { promise, resolve } = Promise.withResolvers<Record<string, unknown> | undefined>();
  const socket = connect(path, () => socket.write(`${question}\n`));
  let text = '';
  socket.setEncoding('utf8');
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  socket.on('data', (part: string) => {
    text += part;
    if (text.length > ANSWER_CHARACTERS) socket.destroy();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    try {
      resolve(text.endsWith('\n') ? (JSON.parse(text) as Record<string, unknown>) : undefined);
    } catch {
      resolve(undefined);
    }
  });
  return promise;
}
