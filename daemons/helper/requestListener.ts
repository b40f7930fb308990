/** The way of a request through the helper: caller, bearer, route, and the answer to a refusal. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { endRefusedBody } from '../doors/endRefusedBody.ts';
import type { DaemonLog } from '../kit/daemonLog.ts';
import type { Bearer } from './bearer.ts';
import type { CallerRules } from './callerRules.ts';
import { answerPreflight, checkBearer, checkCaller } from './checkCaller.ts';
import { HelperRefusedError, refusalAnswer } from './helperRefusal.ts';
import { type Route, sendJson } from './routes.ts';

export interface RequestParts {
  /** Known once the helper listens. */
  access: { rules: CallerRules; bearer: Bearer | undefined };
  /** Called for a request that showed the bearer. */
  proved(request: IncomingMessage): void;
  fault(error: unknown): void;
  log: DaemonLog;
}

/**
 * Shortest time between two log lines with one reason of refusal, milliseconds. A page that knocks
 * must not fill the disk.
 */
const LOG_EVERY_MS = 10_000;

/** Makes the listener of requests. It never throws. */
export function createRequestListener(
  routes: Route[],
  parts: RequestParts,
): (req: IncomingMessage, res: ServerResponse) => void {
  const { fault, log } = parts;
  const inTable = { ...parts, routes: createMatcher(routes) };
  const refusals = { fault, noteRefusal: createRefusalLog(log) };
  return (req, res) => {
    endRefusedBody(req, res);
    serve(inTable, req, res).catch((error: unknown) => refuse(refusals, req, res, error));
  };
}

async function serve(
  { routes, access, proved }: RequestParts & { routes: Matcher },
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  for (const [name, value] of SECURITY_HEADERS) res.setHeader(name, value);
  checkCaller(req, res, access.rules);
  if (req.method === 'OPTIONS' && req.headers.origin !== undefined) return answerPreflight(req, res);
  const [path = '', query = ''] = (req.url ?? '').split('?', 2);
  const match = routes(path);
  // Without the bearer nobody learns which paths there are below /v1.
  if ((match === undefined ? path.startsWith('/v1') : !match.open) && access.bearer !== undefined) {
    checkBearer(req, access.bearer);
    proved(req);
  }
  if (match === undefined) throw new HelperRefusedError(404, 'not_found', 'There is nothing at this path.');
  const route = match.methods.get(req.method ?? '');
  if (route === undefined) {
    const allow = [...match.methods.keys()].join(', ');
    throw new HelperRefusedError(405, 'method_not_allowed', `This path answers ${allow} only.`, {
      headers: { Allow: allow },
    });
  }
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  await route.handle({ req, res, segments: match.segments, query: new URLSearchParams(query), gone: gone.signal });
}

function refuse(
  { fault, noteRefusal }: { fault: (error: unknown) => void; noteRefusal: (reason: string) => void },
  req: IncomingMessage,
  res: ServerResponse,
  error: unknown,
): void {
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

type Matcher = (path: string) => Match | undefined;

/**
 * Matches the path as it came. Nothing is normalised, so `..` is a segment like any other and
 * matches no route.
 */
function createMatcher(routes: Route[]): Matcher {
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

function createRefusalLog(log: DaemonLog): (reason: string) => void {
  const reported = new Map<string, number>();
  return (reason) => {
    const now = performance.now();
    if (now - (reported.get(reason) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return;
    reported.set(reason, now);
    log.warn(`refused: ${reason}`);
  };
}
