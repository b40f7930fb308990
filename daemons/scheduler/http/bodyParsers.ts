/** Reads the bodies of requests, each up to its bound. */
import type { Http2ServerRequest } from 'node:http2';
import { LIMITS } from '../../../base/limits.ts';
import { boundedBody } from '../../kit/boundedBody.ts';
import { SUBMIT_FRAME_TYPE } from '../../wire/submitFrame.ts';
import type { BulkThread } from '../bulk/bulkThread.ts';
import { RefusedError } from '../refused.ts';
import { IN_ROW_BYTES } from '../store/runFiles.ts';
import { type App, operationIdOf, type Request } from './apiRequest.ts';
import { readSubmit } from './readSubmit.ts';
import { refusedBody } from './refusedBody.ts';

/** The largest input in base64, and room for the rest of the body. */
export const SUBMIT_BYTES = Math.ceil(LIMITS.input / 3) * 4 + 16_384;

/** Any other body. */
const BODY_BYTES = IN_ROW_BYTES;

export function addBodyParsers(app: App, largeSubmit: BulkThread['largeSubmit']): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', async (raw: unknown, payload: Http2ServerRequest) => {
    const request = raw as Request;
    const isSubmit = operationIdOf(request) === 'submitRun';
    const bytes = await boundedBody(payload, {
      announced: request.headers['content-length'],
      most: isSubmit ? SUBMIT_BYTES : BODY_BYTES,
      refuse: refusedBody,
    });
    if (bytes.length > IN_ROW_BYTES) {
      request.large = await largeSubmit(bytes);
      return request.large.body;
    }
    if (bytes.length === 0) return undefined;
    try {
      return JSON.parse(bytes.toString('utf8'));
    } catch {
      throw new RefusedError('bad_request', 'The body is not JSON.');
    }
  });
  app.addContentTypeParser(SUBMIT_FRAME_TYPE, async (raw: unknown, payload: Http2ServerRequest) => {
    const request = raw as Request;
    if (operationIdOf(request) !== 'submitRun') throw new RefusedError('bad_request', 'Only a submit has such a body.');
    request.large = await readSubmit(payload, request.headers['content-length']);
    return request.large.body;
  });
  app.addContentTypeParser(['application/octet-stream', 'application/wasm'], (_request, payload, done) =>
    done(null, payload),
  );
}
