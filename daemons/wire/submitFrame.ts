import { LIMITS } from '../../base/limits.ts';

/** Content type of a submit whose input is bytes. */
export const SUBMIT_FRAME_TYPE = 'application/vnd.grafos.submit';

const LENGTH_BYTES = 4;

/** Most bytes of the JSON. */
export const SUBMIT_HEAD_BYTES = 16 * 1024;

export const SUBMIT_FRAME_BYTES = LENGTH_BYTES + SUBMIT_HEAD_BYTES + LIMITS.input;

/** Makes the part before the input: the length of the JSON, 32 bits big-endian, and the JSON. */
export function submitFrameHead(job: object): Buffer {
  const json = Buffer.from(JSON.stringify(job));
  const head = Buffer.alloc(LENGTH_BYTES + json.length);
  head.writeUInt32BE(json.length);
  head.set(json, LENGTH_BYTES);
  return head;
}

/** Offset of the input in a body of which only the beginning came; infinite while it is unknown. */
export function submitInputAt(begun: Buffer): number {
  return begun.length < LENGTH_BYTES ? Number.POSITIVE_INFINITY : LENGTH_BYTES + begun.readUInt32BE();
}

/**
 * Splits a body into its JSON and its input.
 *
 * @throws {RangeError} where the JSON is longer than the body, or than {@link SUBMIT_HEAD_BYTES}
 */
export function readSubmitFrame(body: Buffer): { json: Buffer; input: Buffer } {
  const end = submitInputAt(body);
  if (end > LENGTH_BYTES + SUBMIT_HEAD_BYTES || end > body.length)
    throw new RangeError(`The body begins with the length of its JSON, at most ${SUBMIT_HEAD_BYTES}, and the JSON.`);
  return { json: body.subarray(LENGTH_BYTES, end), input: body.subarray(end) };
}
