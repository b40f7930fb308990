/**
 * The server of the tenant API: HTTPS over HTTP/1.1 and HTTP/2, routes from {@link OPERATIONS}.
 *
 * A request passes, in this order, the TLS layer, its token, the role that its operation asks for,
 * the schemas of the operation, and the handler. A refusal at any of them is answered with a
 * Refusal and written to the audit log.
 */
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import fastify, { type FastifyError } from 'fastify';
import { boundHttp2 } from '../../doors/boundHttp2.ts';
import { DOOR_LIMITS } from '../../doors/doorLimits.ts';
import type { DaemonLog } from '../../kit/daemonLog.ts';
import { listenError } from '../../kit/listenError.ts';
import type { PeerFiles } from '../../peers/peerFiles.ts';
import { guardTlsServer, tlsServerOptions } from '../../peers/peerTls.ts';
import type { AuditLog } from '../audit/auditLog.ts';
import type { Authenticate } from '../auth/authenticate.ts';
import type { BulkThread } from '../bulk/bulkThread.ts';
import { OPERATIONS, type Operation } from '../openapi/operations.ts';
import { requestSchema, routeOf } from '../openapi/requestSchema.ts';
import { RefusedError } from '../refused.ts';
import { answer, answerUnreadable, createReplies, type Replies } from './apiReply.ts';
import type { App, Reply, Request } from './apiRequest.ts';
import { ApiWaiting } from './apiWaiting.ts';
import { addBodyParsers, SUBMIT_BYTES } from './bodyParsers.ts';
import type { Handlers, OpenHandler } from './call.ts';
import { createRequestChecker } from './requestChecker.ts';
import { addRequestHooks, UnderWay } from './requestHooks.ts';

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
  /** Presents another certificate to connections that begin from now on. */
  renew(files: PeerFiles): void;
  close(): Promise<void>;
}

/** Time between looks for late heads and bodies of requests, milliseconds. */
const CHECK_MS = 1_000;

/** @throws {GrafosError} port_in_use, port_refused, address_unavailable */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { host, port, authenticate, audit, log, largeSubmit } = options;
  const replies = createReplies(audit, log);
  const app = createApp(options, replies);
  const sockets = new Set<Socket>();
  const waiting = new ApiWaiting();
  const underWay = new UnderWay();
  guardConnections(app, options, sockets, waiting);
  addBodyParsers(app, largeSubmit);
  app.decorateRequest('actor', null);
  app.decorateRequest('large', undefined);
  addRequestHooks(app, { authenticate, waiting, underWay });
  addRoutes(app, options, replies);
  await listen(app, host, port);
  const bound = app.server.address() as AddressInfo;
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
    drain: (graceMs) => underWay.drain(graceMs),
    renew: (fresh) => app.server.setSecureContext(tlsServerOptions(fresh)),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await app.close();
    },
  };
}

function createApp({ files }: ApiServerOptions, { refuse }: Replies): App {
  return fastify({
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
      compilersFactory: { buildValidator: () => createRequestChecker(), buildSerializer: () => () => JSON.stringify },
    },
    frameworkErrors: (error: FastifyError, request: unknown, reply: unknown) =>
      refuse(request as Request, reply as Reply, error),
    clientErrorHandler: (error: Error, socket: Socket) => answerUnreadable(error, socket),
  } as never) as unknown as App;
}

function guardConnections(
  app: App,
  { files, audit, log }: ApiServerOptions,
  sockets: Set<Socket>,
  waiting: ApiWaiting,
): void {
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
}

function addRoutes(app: App, { handlers, open }: ApiServerOptions, { record, refuse }: Replies): void {
  app.setErrorHandler((error, request, reply) => refuse(request as Request, reply as Reply, error));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(request.url);
    if (allowed.length === 0) {
      refuse(
        request as Request,
        reply as Reply,
        new RefusedError('not_found', 'There is no such address.', 'See /api/v1/openapi.json.'),
      );
      return;
    }
    reply.header('allow', allowed.join(', '));
    refuse(
      request as Request,
      reply as Reply,
      new RefusedError(
        'method_not_allowed',
        `This address takes ${allowed.join(', ')} only.`,
        'See the methods of every address: /api/v1/openapi.json, or docs/reference/api.md.',
      ),
    );
  });

  for (const [id, operation] of Object.entries<Operation>(OPERATIONS)) {
    const handler =
      id === 'health' || id === 'openapi'
        ? (_request: Request, reply: Reply): Reply => answer(reply, open[id]())
        : tokenHandler(handlers[id as keyof Handlers], record);
    app.route({
      method: operation.method,
      url: routeOf(operation),
      config: { operationId: id } as never,
      schema: requestSchema(operation) as never,
      handler: handler as never,
    });
  }
}

function tokenHandler(handler: Handlers[keyof Handlers], record: Replies['record']) {
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

const PATHS = Object.values<Operation>(OPERATIONS).map(({ path, method }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

function methodsOf(url: string): string[] {
  const path = url.split('?')[0] ?? '';
  return PATHS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
}

async function listen(app: App, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw listenError(error, { host, port }, 'bind', { refused: 'port_refused', unavailable: 'address_unavailable' });
  }
}
