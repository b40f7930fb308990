import { createHash } from 'node:crypto';
import { LIMITS } from '../../../base/limits.ts';
import { boundedBody } from '../../kit/boundedBody.ts';
import { readSubmitFrame, SUBMIT_FRAME_BYTES, submitInputAt } from '../../wire/submitFrame.ts';
import type { RunSubmit } from '../../wire/tenantApi.ts';
import type { LargeSubmit } from '../bulk/bulkMessages.ts';
import { RefusedError } from '../refused.ts';
import { refusedBody } from './refusedBody.ts';

/**
 * Reads a submit whose input follows its JSON as bytes.
 *
 * @param announced the header `content-length`, where there is one
 * @throws {RefusedError} body_too_large, bad_request
 */
export async function readSubmit(
  payload: AsyncIterable<Uint8Array>,
  announced: string | undefined,
): Promise<LargeSubmit> {
  // Hashed as it comes: a second pass would begin only when all megabytes are there.
  const hash = createHash('sha256');
  let hashed = 0;
  const onPiece = (soFar: Buffer): void => {
    const from = Math.max(hashed, submitInputAt(soFar));
    if (from >= soFar.length) return;
    hash.update(soFar.subarray(from));
    hashed = soFar.length;
  };
  const bytes = await boundedBody(payload, { announced, most: SUBMIT_FRAME_BYTES, refuse: refusedBody, onPiece });
  const { json, input } = frameOf(bytes);
  if (input.length > LIMITS.input)
    throw new RefusedError(
      'body_too_large',
      `An input has at most ${LIMITS.input} bytes; this one has ${input.length}.`,
    );
  let head: unknown;
  try {
    head = JSON.parse(json.toString('utf8'));
  } catch {
    throw new RefusedError('bad_request', 'The head of the body is not JSON.');
  }
  if (Object(head) !== head || Array.isArray(head) || 'input_b64' in Object(head))
    throw new RefusedError('bad_request', 'The head of the body is an object without input_b64; the input follows it.');
  return {
    // The schema, which checks the body after this, demands an input.
    body: { ...(head as RunSubmit), input_b64: '' },
    input,
    input_sha256: hash.digest('hex'),
  };
}

function frameOf(bytes: Buffer): ReturnType<typeof readSubmitFrame> {
  try {
    return readSubmitFrame(bytes);
  } catch (error) {
    throw new RefusedError('bad_request', error instanceof Error ? error.message : String(error));
  }
}
