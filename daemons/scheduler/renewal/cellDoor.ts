import { askSocket } from '../../../base/askSocket.ts';
import { RefusedError } from '../refused.ts';

/**
 * Milliseconds in which the process that runs the cell answers, and characters of its longest
 * answer. It may wait ten seconds for the lock of the cell's setup.
 */
const BOUNDS = { silentMs: 20_000, characters: 64 * 1024 };

/** The process that runs the cell and keeps its keys, which the scheduler does not. */
export interface CellDoor {
  /** Makes the next keys where there are none, and gives the request for their certificates. */
  request(): Promise<string>;
  /**
   * Puts certificates in force.
   *
   * @throws {RefusedError} bad_request when they do not fit
   */
  take(answer: string): Promise<void>;
}

/**
 * A client of the local socket of `grafos cell run`.
 *
 * @param path of the socket; undefined for a scheduler that is run without it
 */
export function createCellDoor(path: string | undefined): CellDoor {
  const ask = async (question: string): Promise<Record<string, unknown>> => {
    if (path === undefined) {
      throw new RefusedError('not_found', 'Nobody keeps the keys of this cell.', 'Renew them where it is run.');
    }
    const answer = await askSocket(path, question, BOUNDS);
    if (typeof answer === 'object' && answer !== null) return { ...answer };
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
