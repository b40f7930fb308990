/**
 * Entry point of the bulk worker: the work on large inputs and outputs that would hold up the
 * scheduler's main thread.
 */
import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { RefusedError } from '../refused.ts';
import { decodeInput } from '../runs/runRequest.ts';
import { IN_ROW_BYTES } from '../store/runFiles.ts';
import type { BulkAnswer, BulkTask } from './bulkMessages.ts';
import { jsonLine } from './jsonLine.ts';

const port = parentPort;
if (port === null) throw new Error('bulkWorker runs in a worker thread only');

port.on('message', (task: BulkTask) => {
  const answer = answerOf(task);
  const bytes = answer.kind === 'json' ? answer.text : answer.kind === 'submit' ? answer.submit.input : null;
  // Node's pool of small buffers must not be moved; what is short is copied.
  const isWhole = bytes !== null && bytes.byteLength === bytes.buffer.byteLength;
  port.postMessage(answer, isWhole ? [bytes.buffer as ArrayBuffer] : []);
});

function answerOf(task: BulkTask): BulkAnswer {
  try {
    return task.kind === 'json'
      ? { kind: 'json', text: jsonLine(task.path) }
      : { kind: 'submit', submit: largeSubmit(task.body) };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { kind: 'refused', reason: error.reason, message: error.message };
  }
}

/** @throws {RefusedError} bad_request, body_too_large */
function largeSubmit(bytes: Uint8Array) {
  let body: unknown;
  try {
    body = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    throw new RefusedError('bad_request', 'The body is not JSON.');
  }
  const { input_b64: encoded, ...rest } = Object(body);
  if (typeof encoded !== 'string') throw new RefusedError('bad_request', 'body.input_b64 is missing or no text.');
  if (!isShort(rest)) throw new RefusedError('body_too_large', 'Only body.input_b64 may be long.');
  const input = decodeInput(encoded);
  return { body: { ...rest, input_b64: '' }, input, input_sha256: createHash('sha256').update(input).digest('hex') };
}

/** Says whether the rest of a value is short. A value nested too deep to be written is not. */
function isShort(rest: object): boolean {
  try {
    return JSON.stringify(rest).length <= IN_ROW_BYTES;
  } catch {
    return false;
  }
}
