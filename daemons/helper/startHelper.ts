import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { RunningDaemon } from '../protocol/daemonLifetime.ts';
import type { DaemonLog } from '../protocol/daemonLog.ts';
import { DOOR_LIMITS } from '../protocol/doorLimits.ts';
import { endRefusedBody } from '../protocol/endRefusedBody.ts';
import { GrafosError } from '../protocol/grafosError.ts';
import { WaitingRoom } from '../protocol/waitingRoom.ts';
import { type Bearer, issueBearer } from './bearer.ts';
import { CallerRules } from './callerRules.ts';
import { answerPreflight, checkBearer, checkCaller } from './checkCaller.ts';
import type { EventStream } from './eventStream.ts';
import { HelperRefusal, refusalAnswer } from './helperRefusal.ts';
import { liveFeed } from './liveFeed.ts';
import { helperRoutes, type Route, sendJson } from './routes.ts';
import { linkScheduler, type SchedulerPort } from './schedulerPort.ts';
import { taskletReader } from './taskletList.ts';

export interface HelperOptions {
  /** 0: the system chooses. The address is always 127.0.0.1. */
  port: number;
  /** Absolute path of the folder whose program is served. */
  projectDir: string;
  cellId: string;
  bearerFile: string;
  /** Origins of hosted dashboards that may use this helper, besides its own. */
  allowedOrigins: readonly string[];
  /** Names besides its own that it answers to, as a browser sends them. */
  allowedHosts?: readonly string[];
  /** Called on first need. */
  connect: () => Promise<SchedulerPort>;
  log: DaemonLog;
}

export interface HelperFacts {
  url: string;
}

/**
 * Time that a connection is kept for another request, and time between looks for late ones.
 * Milliseconds.
 */
const KEEP_ALIVE_MS = 10_000;
const CHECK_MS = 1_000;
/**
 * Shortest time between two log lines with one reason of refusal, milliseconds. A page that knocks
 * must not fill the disk.
 */
const LOG_EVERY_MS = 10_000;

/** @throws GrafosError `port_in_use`, `cannot_listen`, `bearer_file_not_written` */
export async function startHelper(options: HelperOptions): Promise<RunningDaemon<HelperFacts>> {
  const { log } = options;
  const scheduler = linkScheduler(options.connect);
  const tasklets = taskletReader(options.projectDir);
  const streams = new Set<EventStream>();
  const fault = (error: unknown): void => {
    log.error(`fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  };
  const feed = liveFeed({ scheduler, tasklets, fault });
  const routes = matcher(
    helperRoutes({ cellId: options.cellId, scheduler, tasklets, feed, streams, rules: () => rules }),
  );
  const noteRefusal = refusalLog(log);
  const unproven = new WaitingRoom(DOOR_LIMITS.helperUnproven, DOOR_LIMITS.helperUnprovenMs);
  /** Takes a connection out of the room. */
  const proved = new WeakMap<Socket, () => void>();
  let rules = new CallerRules([]);
  let bearer: Bearer | undefined;

  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    for (const [name, value] of SECURITY_HEADERS) res.setHeader(name, value);
    checkCaller(req, res, rules);
    if (req.method === 'OPTIONS' && req.headers.origin !== undefined) return answerPreflight(req, res);
    const [path = '', query = ''] = (req.url ?? '').split('?', 2);
    const match = routes(path);
    // Without the bearer nobody learns which paths there are below /v1.
    if ((match === undefined ? path.startsWith('/v1') : !match.open) && bearer !== undefined) {
      checkBearer(req, bearer);
      proved.get(req.socket)?.();
    }
    if (match === undefined) throw new HelperRefusal(404, 'not_found', 'There is nothing at this path.');
    const route = match.methods.get(req.method ?? '');
    if (route === undefined) {
      const allow = [...match.methods.keys()].join(', ');
      throw new HelperRefusal(405, 'method_not_allowed', `This path answers ${allow} only.`, {
        headers: { Allow: allow },
      });
    }
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    await route.handle({ req, res, segments: match.segments, query: new URLSearchParams(query), gone: gone.signal });
  };

  const refuse = (req: IncomingMessage, res: ServerResponse, error: unknown): void => {
    if (res.destroyed) return;
    const refusal = refusalAnswer(error);
    if (refusal === undefined) fault(error);
    else noteRefusal(refusal.body.error.reason);
    if (res.headersSent) return void res.destroy();
    for (const [name, value] of Object.entries(refusal?.headers ?? {})) res.setHeader(name, value);
    // What is left of a body is not kept; the connection ends with this answer.
    if (!req.complete) {
      res.setHeader('Connection', 'close');
      req.resume();
    }
    const body = refusal?.body ?? {
      error: {
        reason: 'internal_error',
        message: 'The helper failed; its log says why.',
        next: 'See `grafos dev logs helper`.',
      },
    };
    sendJson(res, refusal?.status ?? 500, body);
  };

  const server = createServer(
    {
      headersTimeout: DOOR_LIMITS.helperHeadersMs,
      requestTimeout: DOOR_LIMITS.helperRequestMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_MS,
      maxHeaderSize: 16 * 1024,
      // checkCaller refuses a missing or doubled Host itself, in words that say so.
      requireHostHeader: false,
    },
    (req, res) => {
      endRefusedBody(req, res);
      serve(req, res).catch((error: unknown) => refuse(req, res, error));
    },
  );
  server.maxConnections = DOOR_LIMITS.helperConnections;
  server.timeout = DOOR_LIMITS.helperIdleMs;
  server.on('connection', (socket) => {
    const leave = unproven.enter(() => socket.destroy());
    proved.set(socket, leave);
    socket.once('close', leave);
  });
  server.on('clientError', (_error, socket) => socket.destroy());

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, options.port)));
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  rules = new CallerRules(hosts, options.allowedOrigins);
  for (const host of options.allowedHosts ?? []) rules.allow(host);
  try {
    bearer = await issueBearer(options.bearerFile);
  } catch (error) {
    server.close();
    throw error;
  }
  const url = `http://127.0.0.1:${port}`;
  log.info(`listening at ${url}`);

  return {
    facts: { url },
    async stop() {
      await bearer?.withdraw();
      for (const stream of streams) {
        stream.send('stopping', {});
        stream.end();
      }
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await scheduler.close();
      // A listener that does not read must not hold up the stop.
      const patience = setTimeout(() => server.closeAllConnections(), 200);
      await closed;
      clearTimeout(patience);
    },
  };
}

const SECURITY_HEADERS: ReadonlyArray<[string, string]> = [
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cache-Control', 'no-store'],
];

interface Match {
  methods: ReadonlyMap<string, Route>;
  open: boolean;
  segments: string[];
}

/**
 * Matches the path as it came. Nothing is normalised, so `..` is a segment like any other and
 * matches no route.
 */
function matcher(routes: Route[]): (path: string) => Match | undefined {
  const table = new Map<string, { pattern: RegExp; methods: Map<string, Route>; open: boolean }>();
  for (const route of routes) {
    const entry = table.get(route.path) ?? {
      pattern: new RegExp(`^${route.path.replaceAll('.', '\\.').replace(/:[a-z]+/g, '([^/]+)')}$`),
      methods: new Map(),
      open: route.open,
    };
    entry.methods.set(route.method, route);
    table.set(route.path, entry);
  }
  return (path) => {
    for (const { pattern, methods, open } of table.values()) {
      const found = pattern.exec(path);
      if (found === null) continue;
      try {
        return { methods, open, segments: found.slice(1).map(decodeURIComponent) };
      } catch {
        return undefined;
      }
    }
    return undefined;
  };
}

function refusalLog(log: DaemonLog): (reason: string) => void {
  const told = new Map<string, number>();
  return (reason) => {
    const now = performance.now();
    if (now - (told.get(reason) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return;
    told.set(reason, now);
    log.warn(`refused: ${reason}`);
  };
}

function cannotListen(error: NodeJS.ErrnoException, port: number): GrafosError {
  if (error.code === 'EADDRINUSE') {
    return new GrafosError('unreachable', 'port_in_use', `port ${port} of 127.0.0.1 is in use`, {
      why: 'another process listens there',
      next: 'leave the port to the system (127.0.0.1:0), or choose another',
      cause: error,
    });
  }
  return new GrafosError('unreachable', 'cannot_listen', `the helper cannot listen on 127.0.0.1:${port}`, {
    why: error.message,
    cause: error,
  });
}
