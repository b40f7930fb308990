/** Answers of the tenant API, and the records of the audit log that go with them. */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { FastifyError } from 'fastify';
import type { DaemonLog } from '../../kit/daemonLog.ts';
import { EVENT_STREAM_HEADERS } from '../../kit/eventStream.ts';
import { TokenRefusedError } from '../../peers/tenantToken.ts';
import type { RefusalReason } from '../../wire/tenantApi.ts';
import type { AuditLog } from '../audit/auditLog.ts';
import { RefusedError } from '../refused.ts';
import { operationIdOf, type Reply, type Request, subjectOf } from './apiRequest.ts';
import { SUBMIT_BYTES } from './bodyParsers.ts';
import type { Answer } from './call.ts';
import { connectionOf } from './connectionOf.ts';
import { REFUSAL_STATUS } from './status.ts';

export interface Replies {
  /**
   * Writes a request to the audit log.
   *
   * @throws {RefusedError} storage_unavailable
   */
  record(request: Request, reason: RefusalReason | 'ok', subject: string | null): void;
  /** Answers an error with a refusal, and writes it to the audit log. */
  refuse(request: Request, reply: Reply, error: unknown): void;
}

export function createReplies(audit: AuditLog, log: DaemonLog): Replies {
  const record = (request: Request, reason: RefusalReason | 'ok', subject: string | null): void => {
    try {
      audit.append({
        actor: request.actor?.name ?? null,
        peer: connectionOf(request.raw.socket).peer,
        action: operationIdOf(request) ?? 'unknown',
        decision: reason === 'ok' ? 'allowed' : 'refused',
        reason,
        subject,
      });
    } catch (error) {
      log.error(`audit: ${String(error)}`);
      throw new RefusedError(
        'storage_unavailable',
        'The audit log cannot be written.',
        'Free space on the disk of the stack: for a local one, the disk of .grafos/dev of its program.',
      );
    }
  };

  const refuse = (request: Request, reply: Reply, error: unknown): void => {
    const refused = asRefused(error, log);
    try {
      record(request, refused.reason, subjectOf(request));
      // On its way to the disk before the answer is on its way to the client.
      audit.flush();
    } catch (failure) {
      log.error(`audit: ${String(failure)}`);
    }
    if (refused.reason === 'body_too_large') reply.header('connection', 'close');
    send(reply.code(REFUSAL_STATUS[refused.reason]), refused.body());
  };
  return { record, refuse };
}

export function answer(reply: Reply, result: Answer): Reply {
  reply.code(result.status);
  if ('json' in result) return send(reply, result.json);
  if ('pieces' in result) {
    reply.type(result.type === 'json' ? JSON_TYPE : 'application/octet-stream');
    return reply.send(Readable.from(result.pieces, { objectMode: false }));
  }
  if ('events' in result) return reply.headers(EVENT_STREAM_HEADERS).send(result.events);
  return reply.send();
}

function send(reply: Reply, body: unknown): Reply {
  return reply.type(JSON_TYPE).send(JSON.stringify(body));
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Turns any error into a refusal. Only our own fault is logged, and its answer has no details. */
function asRefused(error: unknown, log: DaemonLog): RefusedError {
  if (error instanceof RefusedError) return error;
  if (error instanceof TokenRefusedError) return new RefusedError(error.reason, error.message, error.next);
  if (isFastifyError(error)) {
    if (error.statusCode === 413)
      return new RefusedError('body_too_large', `A body has at most ${SUBMIT_BYTES} bytes.`);
    if (error.statusCode < 500) return new RefusedError('bad_request', `${error.message}.`.replace(/\.\.$/, '.'));
  }
  log.error(`answered internal_error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new RefusedError('internal_error', 'The scheduler failed.', 'Its log says why: grafos dev logs scheduler.');
}

function isFastifyError(error: unknown): error is FastifyError & { statusCode: number } {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
}

/** Bytes that are not HTTP/1.1 have no request, and so no reply. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(new RefusedError('bad_request', 'The request is not HTTP/1.1.').body());
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
