import type { IncomingMessage } from 'node:http';
import { BoundedBytes } from './boundedBytes.ts';
import { cellAnswerInvalid } from './cellAnswerInvalid.ts';
import { PACE } from './pace.ts';

/**
 * The whole body of an answer, in bounded memory and bounded time.
 *
 * @param url the scheduler, for the error
 * @param most bytes
 * @throws {GrafosError} cell_answer_invalid where the body is longer, or comes slower than
 *   {@link PACE}
 * @throws {Error} the connection's own error where it broke
 */
export function collectAnswer(response: IncomingMessage, url: string, most: number): Promise<Buffer> {
  const body = new BoundedBytes(most);
  const begun = Date.now();
  return new Promise((resolve, reject) => {
    let isEnded = false;
    const refuse = (problem: string, shown?: Buffer) => {
      reject(cellAnswerInvalid(url, problem, shown));
      response.destroy();
    };
    const watch = setInterval(() => {
      if (Date.now() < begun + PACE.graceMs + (body.length / PACE.bytesPerSecond) * 1000) return;
      refuse(`its answer came slower than ${PACE.bytesPerSecond / 1024} KiB a second`, body.take().subarray(0, 1024));
    }, 1000);
    // Listeners cost a short answer half the time that an async iterator does.
    response.on('data', (piece: Buffer) => {
      if (body.add(piece)) return;
      refuse(`its answer is longer than the ${most} bytes that may come here, or comes in tiny pieces`);
    });
    response.once('end', () => {
      isEnded = true;
      clearInterval(watch);
      resolve(body.take());
    });
    response.on('error', reject);
    response.once('close', () => {
      clearInterval(watch);
      if (!isEnded) reject(Object.assign(new Error('the connection ended within the answer'), { code: 'ECONNRESET' }));
    });
  });
}
