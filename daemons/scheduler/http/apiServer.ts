/**
 * The server of the tenant API: HTTPS over HTTP/1.1 and HTTP/2, routes from {@link OPERATIONS}.
 *
 * A request passes, in this order, the TLS layer, its token, the role that its operation asks for,
 * the schemas of the operation, and the handler. A refusal at any of them is answered with a
 * Refusal and written to the audit log.
 */
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RouteGenericInterface,
} from 'fastify';
import { boundHttp2 } from '../../protocol/boundHttp2.ts';
import type { DaemonLog } from '../../protocol/daemonLog.ts';
import { DOOR_LIMITS } from '../../protocol/doorLimits.ts';
import { endRefusedBody } from '../../protocol/endRefusedBody.ts';
import { GrafosError } from '../../protocol/grafosError.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { PeerFiles } from '../../protocol/peerFiles.ts';
import { guardTlsServer, tlsServerOptions } from '../../protocol/peerTls.ts';
import { requestHost } from '../../protocol/requestHost.ts';
import { SUBMIT_FRAME_TYPE } from '../../protocol/submitFrame.ts';
import type { RefusalReason } from '../../protocol/tenantApi.ts';
import { TokenRefused } from '../../protocol/tenantToken.ts';
import type { AuditLog } from '../audit/auditLog.ts';
import type { Authenticate } from '../auth/authenticate.ts';
import type { Actor } from '../auth/connection.ts';
import type { LargeSubmit } from '../bulk/bulkMessages.ts';
import type { BulkThread } from '../bulk/bulkThread.ts';
import { OPERATIONS, type Operation, type OperationId } from '../openapi/operations.ts';
import { Refused } from '../refused.ts';
import { IN_ROW_BYTES } from '../store/runFiles.ts';
import { ApiWaiting } from './apiWaiting.ts';
import type { Answer, Handlers, OpenHandler } from './call.ts';
import { connectionOf } from './connectionOf.ts';
import { readBody } from './readBody.ts';
import { readSubmit } from './readSubmit.ts';
import { requestChecker } from './requestChecker.ts';

export interface ApiServerOptions {
  host: string;
  port: number;
  files: PeerFiles;
  authenticate: Authenticate;
  audit: AuditLog;
  log: DaemonLog;
  largeSubmit: BulkThread['largeSubmit'];
  handlers: Handlers;
  open: Record<'health' | 'openapi', OpenHandler>;
}

export interface ApiServer {
  url: string;
  /**
   * Refuses every new request from now on. Resolves when those under way are answered, or after
   * `graceMs`.
   */
  drain(graceMs: number): Promise<void>;
  close(): Promise<void>;
}

type App = FastifyInstance<Http2SecureServer, Http2ServerRequest, Http2ServerResponse>;
type Request = FastifyRequest<RouteGenericInterface, Http2SecureServer, Http2ServerRequest> & {
  actor: Actor | null;
  large: LargeSubmit | undefined;
};
type Reply = FastifyReply<RouteGenericInterface, Http2SecureServer, Http2ServerRequest, Http2ServerResponse>;

/** Time between looks for late heads and bodies of requests, milliseconds. */
const CHECK_MS = 1_000;

/** The largest input in base64, and room for the rest of the body. */
const SUBMIT_BYTES = Math.ceil(LIMITS.input / 3) * 4 + 16_384;

/** Any other body. */
const BODY_BYTES = IN_ROW_BYTES;

/** @throws {GrafosError} port_in_use, address_unusable */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { files, authenticate, audit, log, largeSubmit, handlers, open } = options;
  const sockets = new Set<Socket>();
  let underWay = 0;
  let isDraining = false;
  let onIdle: (() => void) | undefined;

  const app = fastify({
    http2: true,
    // Without noDelay, the first answer on a connection waits some 40 ms until the client has
    // acknowledged the session tickets.
    https: { allowHTTP1: true, noDelay: true, ...tlsServerOptions(files) },
    logger: false,
    bodyLimit: SUBMIT_BYTES,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    return503OnClosing: false,
    schemaController: {
      compilersFactory: { buildValidator: () => requestChecker(), buildSerializer: () => () => JSON.stringify },
    },
    frameworkErrors: (error: FastifyError, request: unknown, reply: unknown) =>
      refuse(request as Request, reply as Reply, error),
    clientErrorHandler: (error: Error, socket: Socket) => answerUnreadable(error, socket),
  } as never) as unknown as App;

  const { server } = app;
  // No option of node:http2 sets them for the HTTP/1.1 that it also speaks. Our clients leave a
  // connection idle for a little less.
  Object.assign(server, {
    keepAliveTimeout: DOOR_LIMITS.apiIdleMs,
    keepAliveTimeoutBuffer: 1_000,
    headersTimeout: DOOR_LIMITS.apiHeadersMs,
    requestTimeout: DOOR_LIMITS.apiRequestMs,
    connectionsCheckingInterval: CHECK_MS,
  });
  boundHttp2(server, DOOR_LIMITS.apiIdleMs);
  const waiting = new ApiWaiting();
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.destroyed) return;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    waiting.enter(socket);
  });
  guardTlsServer(server, {
    caPem: files.caPem,
    roles: ['tenant', 'admin'],
    onRefused: ({ reason }, address) => {
      try {
        audit.append({ actor: null, peer: address, action: 'connect', decision: 'refused', reason, subject: null });
      } catch (error) {
        log.error(`audit: ${String(error)}`);
      }
    },
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', async (raw: unknown, payload: Http2ServerRequest) => {
    const request = raw as Request;
    const isSubmit = operationIdOf(request) === 'submitRun';
    const bytes = await readBody(payload, request.headers['content-length'], isSubmit ? SUBMIT_BYTES : BODY_BYTES);
    if (bytes.length > IN_ROW_BYTES) {
      request.large = await largeSubmit(bytes);
      return request.large.body;
    }
    if (bytes.length === 0) return undefined;
    try {
      return JSON.parse(bytes.toString('utf8'));
    } catch {
      throw new Refused('bad_request', 'The body is not JSON.');
    }
  });
  app.addContentTypeParser(SUBMIT_FRAME_TYPE, async (raw: unknown, payload: Http2ServerRequest) => {
    const request = raw as Request;
    if (operationIdOf(request) !== 'submitRun') throw new Refused('bad_request', 'Only a submit has such a body.');
    request.large = await readSubmit(payload, request.headers['content-length']);
    return request.large.body;
  });
  app.addContentTypeParser(['application/octet-stream', 'application/wasm'], (_request, payload, done) =>
    done(null, payload),
  );
  app.decorateRequest('actor', null);
  app.decorateRequest('large', undefined);

  app.addHook('onRequest', (request, reply, done) => {
    underWay += 1;
    waiting.asked(request.raw.socket);
    endRefusedBody(request.raw, reply.raw);
    reply.raw.once('close', () => {
      underWay -= 1;
      if (underWay === 0) onIdle?.();
    });
    done();
  });
  app.addHook('onRequest', (raw, _reply, done) => {
    const request = raw as Request;
    const operation = operationOf(request);
    if (isDraining) {
      done(new Refused('shutting_down', 'The scheduler is stopping.', 'Try again once it is back.'));
      return;
    }
    const host = requestHost(request.raw);
    if ('problem' in host) {
      done(new Refused('bad_request', host.problem, 'Send one Host header, with the host of the address.'));
      return;
    }
    if (operation?.who === 'certificate') {
      done();
      return;
    }
    let actor: Actor | Promise<Actor>;
    try {
      actor = authenticate(connectionOf(request.raw.socket), request.headers.authorization);
    } catch (error) {
      done(error as Error);
      return;
    }
    const admit = (found: Actor): void => {
      request.actor = found;
      waiting.proved(request.raw.socket);
      const mayAsk = operation === undefined || operation.who.includes(found.role);
      done(mayAsk ? undefined : new Refused('role_required', `This is not for the role ${found.role}.`));
    };
    if (actor instanceof Promise) actor.then(admit, done);
    else admit(actor);
  });

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
      throw new Refused(
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
    send(reply.code(refused.status), refused.body());
  };

  app.setErrorHandler((error, request, reply) => refuse(request as Request, reply as Reply, error));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(request.url);
    if (allowed.length === 0) {
      refuse(
        request as Request,
        reply as Reply,
        new Refused('not_found', 'There is no such address.', 'See /api/v1/openapi.json.'),
      );
      return;
    }
    reply.header('allow', allowed.join(', '));
    refuse(
      request as Request,
      reply as Reply,
      new Refused('bad_request', `Only ${allowed.join(', ')} here.`, undefined, 405),
    );
  });

  for (const [id, operation] of Object.entries<Operation>(OPERATIONS)) {
    const handler =
      id === 'health' || id === 'openapi'
        ? (_request: Request, reply: Reply): Reply => answer(reply, open[id]())
        : tokenHandler(handlers[id as keyof Handlers], record);
    app.route({
      method: operation.method,
      url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      config: { operationId: id } as never,
      schema: requestSchema(operation) as never,
      handler: handler as never,
    });
  }

  await listen(app, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    drain: async (graceMs) => {
      isDraining = true;
      if (underWay === 0) return;
      await new Promise<void>((resolve) => {
        onIdle = resolve;
        setTimeout(resolve, graceMs);
      });
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await app.close();
    },
  };
}

function tokenHandler(
  handler: Handlers[keyof Handlers],
  record: (request: Request, reason: 'ok', subject: string | null) => void,
) {
  return async (request: Request, reply: Reply): Promise<Reply> => {
    const { actor } = request;
    if (actor === null) throw new Error('a route without an actor');
    let isRecorded = false;
    const allow = (subject: string | null): void => {
      if (isRecorded) return;
      isRecorded = true;
      record(request, 'ok', subject);
    };
    const result = await handler({
      actor,
      params: request.params as Record<string, string>,
      query: request.query as Record<string, string | number>,
      headers: request.headers as Record<string, string | undefined>,
      body: request.body,
      large: request.large,
      allow,
    });
    allow('subject' in result ? (result.subject ?? null) : null);
    return answer(reply, result);
  };
}

function answer(reply: Reply, result: Answer): Reply {
  reply.code(result.status);
  if ('json' in result) return send(reply, result.json);
  if ('pieces' in result) {
    reply.type(result.type === 'json' ? JSON_TYPE : 'application/octet-stream');
    return reply.send(Readable.from(result.pieces, { objectMode: false }));
  }
  if ('events' in result)
    return reply.type('text/event-stream').header('cache-control', 'no-store').send(result.events);
  return reply.send();
}

function send(reply: Reply, body: unknown): Reply {
  return reply.type(JSON_TYPE).send(JSON.stringify(body));
}

const JSON_TYPE = 'application/json; charset=utf-8';

function operationIdOf(request: Request): OperationId | undefined {
  return (request.routeOptions.config as { operationId?: OperationId }).operationId;
}

function operationOf(request: Request): Operation | undefined {
  const id = operationIdOf(request);
  return id === undefined ? undefined : OPERATIONS[id];
}

function subjectOf(request: Request): string | null {
  const params = (request.params ?? {}) as Record<string, string>;
  const subject = Object.values(params).join('/');
  // An unknown address has a wildcard for a parameter, and the client chose its text. It is
  // bounded, and never more than one line.
  return subject === '' ? null : subject.slice(0, 256);
}

function requestSchema(operation: Operation): Record<string, unknown> {
  const { params, query, headers, body } = operation;
  return {
    ...(params === undefined ? {} : { params: { properties: params } }),
    ...(query === undefined ? {} : { querystring: { properties: query, additionalProperties: false } }),
    ...(headers === undefined
      ? {}
      : {
          headers: {
            properties: Object.fromEntries(
              Object.entries(headers).map(([name, { schema }]) => [name.toLowerCase(), schema]),
            ),
          },
        }),
    ...(body === undefined || body === 'bytes' ? {} : { body: { $ref: `#/components/schemas/${body}` } }),
  };
}

const PATHS = Object.values<Operation>(OPERATIONS).map(({ path, method }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

function methodsOf(url: string): string[] {
  const path = url.split('?')[0] ?? '';
  return PATHS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
}

/** Turns any error into a refusal. Only our own fault is logged, and its answer has no details. */
function asRefused(error: unknown, log: DaemonLog): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof TokenRefused) return new Refused(error.reason, error.message, error.next);
  if (isFastifyError(error)) {
    if (error.statusCode === 413) return new Refused('body_too_large', `A body has at most ${SUBMIT_BYTES} bytes.`);
    if (error.statusCode < 500) return new Refused('bad_request', `${error.message}.`.replace(/\.\.$/, '.'));
  }
  log.error(`answered internal_error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new Refused('internal_error', 'The scheduler failed.', 'Its log says why: grafos dev logs scheduler.');
}

function isFastifyError(error: unknown): error is FastifyError & { statusCode: number } {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
}

/** Bytes that are not HTTP/1.1 have no request, and so no reply. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(new Refused('bad_request', 'The request is not HTTP/1.1.').body());
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

async function listen(app: App, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const isTaken = code === 'EADDRINUSE';
    if (!isTaken && code !== 'EADDRNOTAVAIL' && code !== 'EACCES' && code !== 'ENOTFOUND') throw error;
    throw new GrafosError(
      'unreachable',
      isTaken ? 'port_in_use' : 'address_unusable',
      `The scheduler cannot listen on ${host}:${port}.`,
      {
        why: error instanceof Error ? error.message : code,
        next: 'Stop what holds the port, or give --bind 127.0.0.1:0 to have a free one chosen.',
        cause: error,
      },
    );
  }
}
