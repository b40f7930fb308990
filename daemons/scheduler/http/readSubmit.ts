import { createHash } from 'node:crypto';
import { LIMITS } from '../../protocol/limits.ts';
import { readSubmitFrame, SUBMIT_FRAME_BYTES, submitInputAt } from '../../protocol/submitFrame.ts';
import type { RunSubmit } from '../../protocol/tenantApi.ts';
import type { LargeSubmit } from '../bulk/bulkMessages.ts';
import { Refused } from '../refused.ts';
import { readBody } from './readBody.ts';

/**
 * Reads a submit whose input follows its JSON as bytes.
 *
 * @param announced the header `content-length`, where there is one
 * @throws {Refused} body_too_large, bad_request
 */
export async function readSubmit(
  payload: AsyncIterable<Uint8Array>,
  announced: string | undefined,
): Promise<LargeSubmit> {
  // Hashed as it comes: a second pass would begin only when all megabytes are there.
  const hash = createHash('sha256');
  let hashed = 0;
  const bytes = await readBody(payload, announced, SUBMIT_FRAME_BYTES, (soFar) => {
    const from = Math.max(hashed, submitInputAt(soFar));
    if (from >= soFar.length) return;
    hash.update(soFar.subarray(from));
    hashed = soFar.length;
  });
  const { json, input } = frameOf(bytes);
  if (input.length > LIMITS.input)
    throw new Refused('body_too_large', `An input has at most ${LIMITS.input} bytes; this one has ${input.length}.`);
  let head: unknown;
  try {
    head = JSON.parse(json.toString('utf8'));
  } catch {
    throw new Refused('bad_request', 'The head of the body is not JSON.');
  }
  if (Object(head) !== head || Array.isArray(head) || 'input_b64' in Object(head))
    throw new Refused('bad_request', 'The head of the body is an object without input_b64; the input follows it.');
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
    throw new Refused('bad_request', error instanceof Error ? error.message : String(error));
  }
}
