import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../../base/limits.ts';
import { boundedBody } from '../kit/boundedBody.ts';
import { HelperRefusedError } from './helperRefusal.ts';

/** A full input as base64, and room for the rest of the request. Bytes. */
export const BODY_LIMIT = Math.ceil(LIMITS.input / 3) * 4 + 64 * 1024;

/**
 * Reads a JSON object.
 * @throws {HelperRefusedError} content_type_refused, body_too_large, bad_request
 */
export async function readBody(req: IncomingMessage): Promise<Record<string, unknown>> {
  // Any other type can be sent by a form of a foreign page without a preflight.
  if (!/^application\/json *(;|$)/i.test(req.headers['content-type'] ?? '')) {
    throw new HelperRefusedError(415, 'content_type_refused', 'The body must be JSON.', {
      next: 'Send `Content-Type: application/json`.',
    });
  }
  const announced = req.headers['content-length'];
  const bytes = await boundedBody(req, { announced, most: BODY_LIMIT, refuse: refusedBody });
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new HelperRefusedError(
      400,
      'bad_request',
      `The body is not JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HelperRefusedError(400, 'bad_request', 'The body must be a JSON object.');
  }
  return body as Record<string, unknown>;
}

function refusedBody(fault: 'length' | 'too_large', most: number): HelperRefusedError {
  if (fault === 'length') return new HelperRefusedError(400, 'bad_request', 'The body is not as long as announced.');
  return new HelperRefusedError(413, 'body_too_large', `The body is larger than ${most} bytes.`, {
    next: `A run’s input may have ${LIMITS.input} bytes at most.`,
  });
}
