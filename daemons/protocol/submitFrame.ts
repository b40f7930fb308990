import { LIMITS } from './limits.ts';

/** Content type of a submit whose input is bytes. */
export const SUBMIT_FRAME_TYPE = 'application/vnd.grafos.submit';

const LENGTH_BYTES = 4;

/** The most bytes of the JSON of such a submit. */
export const SUBMIT_HEAD_BYTES = 16 * 1024;

export const SUBMIT_FRAME_BYTES = LENGTH_BYTES + SUBMIT_HEAD_BYTES + LIMITS.input;

/** What stands before the input in the body of such a submit: the length of its JSON, 32 bits big-endian, and the JSON. */
export function submitFrameHead(job: object): Buffer {
  const json = Buffer.from(JSON.stringify(job));
  const head = Buffer.alloc(LENGTH_BYTES + json.length);
  head.writeUInt32BE(json.length);
  head.set(json, LENGTH_BYTES);
  return head;
}

/** Where the input begins in such a body, of which the beginning is there; past its end where nothing says so yet. */
export function submitInputAt(begun: Buffer): number {
  return begun.length < LENGTH_BYTES ? Number.POSITIVE_INFINITY : LENGTH_BYTES + begun.readUInt32BE();
}

/**
 * The parts of such a body.
 *
 * @throws {RangeError} where its JSON is longer than the body, or than it may be
 */
export function readSubmitFrame(body: Buffer): { json: Buffer; input: Buffer } {
  const end = submitInputAt(body);
  if (end > LENGTH_BYTES + SUBMIT_HEAD_BYTES || end > body.length)
    throw new RangeError(`The body begins with the length of its JSON, at most ${SUBMIT_HEAD_BYTES}, and the JSON.`);
  return { json: body.subarray(LENGTH_BYTES, end), input: body.subarray(end) };
}
