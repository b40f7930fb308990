import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../protocol/limits.ts';
import { HelperRefusal } from './helperRefusal.ts';

/** A full input as base64, and room for the rest of the request. Bytes. */
export const BODY_LIMIT = Math.ceil(LIMITS.input / 3) * 4 + 64 * 1024;

/**
 * Reads a JSON object.
 * @throws HelperRefusal `content_type_refused`, `body_too_large`, `bad_request`
 */
export async function readBody(req: IncomingMessage): Promise<Record<string, unknown>> {
  // Any other type can be sent by a form of a foreign page without a preflight.
  if (!/^application\/json *(;|$)/i.test(req.headers['content-type'] ?? '')) {
    throw new HelperRefusal(415, 'content_type_refused', 'The body must be JSON.', {
      next: 'Send `Content-Type: application/json`.',
    });
  }
  if (Number(req.headers['content-length'] ?? 0) > BODY_LIMIT) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw tooLarge();
    chunks.push(chunk);
  }
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (error) {
    throw new HelperRefusal(
      400,
      'bad_request',
      `The body is not JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HelperRefusal(400, 'bad_request', 'The body must be a JSON object.');
  }
  return body as Record<string, unknown>;
}

function tooLarge(): HelperRefusal {
  return new HelperRefusal(413, 'body_too_large', `The body is larger than ${BODY_LIMIT} bytes.`, {
    next: `A run’s input may have ${LIMITS.input} bytes at most.`,
  });
}
