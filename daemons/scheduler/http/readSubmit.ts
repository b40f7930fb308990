import { LIMITS } from '../../protocol/limits.ts';
import { sha256InTurns } from '../../protocol/sha256InTurns.ts';
import { readSubmitFrame, SUBMIT_FRAME_BYTES } from '../../protocol/submitFrame.ts';
import type { RunSubmit } from '../../protocol/tenantApi.ts';
import type { LargeSubmit } from '../bulk/bulkMessages.ts';
import { Refused } from '../refused.ts';
import { readBody } from './readBody.ts';

/**
 * A submit whose input came as bytes behind its JSON, and is not decoded from anything.
 *
 * @param announced the header `content-length`, where there is one
 * @throws {Refused} body_too_large, bad_request
 */
export async function readSubmit(
  payload: AsyncIterable<Uint8Array>,
  announced: string | undefined,
): Promise<LargeSubmit> {
  const bytes = await readBody(payload, announced, SUBMIT_FRAME_BYTES);
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
    // Checked by the schema after this, which wants an input.
    body: { ...(head as RunSubmit), input_b64: '' },
    input,
    input_sha256: await sha256InTurns(input),
  };
}

function frameOf(bytes: Buffer): ReturnType<typeof readSubmitFrame> {
  try {
    return readSubmitFrame(bytes);
  } catch (error) {
    throw new Refused('bad_request', error instanceof Error ? error.message : String(error));
  }
}
