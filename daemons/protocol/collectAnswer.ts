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
export async function collectAnswer(response: IncomingMessage, url: string, most: number): Promise<Buffer> {
  const body = new BoundedBytes(most);
  const begun = Date.now();
  let isSlow = false;
  const watch = setInterval(() => {
    if (Date.now() < begun + PACE.graceMs + (body.length / PACE.bytesPerSecond) * 1000) return;
    isSlow = true;
    response.destroy();
  }, 1000);
  try {
    for await (const piece of response) {
      if (!body.add(piece))
        throw cellAnswerInvalid(
          url,
          `its answer is longer than the ${most} bytes that may come here, or comes in tiny pieces`,
        );
    }
  } catch (error) {
    if (!isSlow) throw error;
    throw cellAnswerInvalid(
      url,
      `its answer came slower than ${PACE.bytesPerSecond / 1024} KiB a second`,
      body.take().subarray(0, 1024),
    );
  } finally {
    clearInterval(watch);
  }
  return body.take();
}
