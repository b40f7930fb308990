/** Requests and replies of the tenant API as the web framework has them. */
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteGenericInterface } from 'fastify';
import type { Actor } from '../auth/connection.ts';
import type { LargeSubmit } from '../bulk/bulkMessages.ts';
import { OPERATIONS, type Operation, type OperationId } from '../openapi/operations.ts';

export type App = FastifyInstance<Http2SecureServer, Http2ServerRequest, Http2ServerResponse>;
export type Request = FastifyRequest<RouteGenericInterface, Http2SecureServer, Http2ServerRequest> & {
  actor: Actor | null;
  large: LargeSubmit | undefined;
};
export type Reply = FastifyReply<RouteGenericInterface, Http2SecureServer, Http2ServerRequest, Http2ServerResponse>;

export function operationIdOf(request: Request): OperationId | undefined {
  return (request.routeOptions.config as { operationId?: OperationId }).operationId;
}

export function operationOf(request: Request): Operation | undefined {
  const id = operationIdOf(request);
  return id === undefined ? undefined : OPERATIONS[id];
}

export function subjectOf(request: Request): string | null {
  const params = (request.params ?? {}) as Record<string, string>;
  const subject = Object.values(params).join('/');
  // An unknown address has a wildcard for a parameter, and the client chose its text. It is
  // bounded, and never more than one line.
  return subject === '' ? null : subject.slice(0, 256);
}
