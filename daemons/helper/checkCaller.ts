import type { IncomingMessage, ServerResponse } from 'node:http';
import { requestHost } from '../peers/requestHost.ts';
import type { Bearer } from './bearer.ts';
import type { CallerRules } from './callerRules.ts';
import { HelperRefusedError } from './helperRefusal.ts';

const QUERY_SECRETS = ['bearer', 'token', 'access_token', 'authorization'];

/**
 * Refuses a request that did not come here by our own name, comes from a page of a foreign origin,
 * or carries a secret in its URL. Sets the CORS headers for an allowed origin.
 *
 * @throws {HelperRefusedError} bad_request, host_refused, origin_refused, bearer_in_url
 */
export function checkCaller(req: IncomingMessage, res: ServerResponse, rules: CallerRules): void {
  const named = requestHost(req);
  if ('problem' in named) {
    throw new HelperRefusedError(400, 'bad_request', named.problem, { next: `Use http://${[...rules.hosts][0]}.` });
  }
  if (!rules.hosts.has(named.host)) {
    throw new HelperRefusedError(421, 'host_refused', 'This helper answers only to its own loopback address.', {
      next: `Use http://${[...rules.hosts][0]}. For a forwarded port, allow its name: grafos dev up --helper-host NAME[:PORT]`,
    });
  }
  // Caches must not give one origin's answer to another, also where there was no Origin.
  res.setHeader('Vary', 'Origin');
  const { origin } = req.headers;
  if (origin !== undefined) {
    if (!rules.origins.has(origin)) {
      throw new HelperRefusedError(403, 'origin_refused', 'Pages of this origin may not use the helper.', {
        next: `Open the dashboard at the helper’s own address: http://${[...rules.hosts][0]}`,
      });
    }
    res.setHeader('Access-Control-Allow-Origin', origin);
    res.setHeader('Access-Control-Expose-Headers', 'Content-Disposition');
  }
  const query = req.url?.split('?', 2)[1];
  if (query !== undefined && QUERY_SECRETS.some((name) => new URLSearchParams(query).has(name))) {
    throw new HelperRefusedError(
      400,
      'bearer_in_url',
      'A bearer in a URL ends up in histories and logs, so it is not accepted there.',
      {
        next: 'Send it as `Authorization: Bearer …`. If it was the real one, get another: `grafos dev down`, then `grafos dev up`.',
      },
    );
  }
}

/**
 * Answers a CORS preflight. Private-network access (a public page asks a loopback address) is
 * granted to allowed origins only.
 */
export function answerPreflight(req: IncomingMessage, res: ServerResponse): void {
  res.setHeader('Access-Control-Allow-Methods', 'GET, POST');
  res.setHeader('Access-Control-Allow-Headers', 'authorization, content-type, idempotency-key');
  res.setHeader('Access-Control-Max-Age', '600');
  if (req.headers['access-control-request-private-network'] === 'true') {
    res.setHeader('Access-Control-Allow-Private-Network', 'true');
  }
  res.writeHead(204).end();
}

/** @throws {HelperRefusedError} bearer_missing, bearer_wrong */
export function checkBearer(req: IncomingMessage, bearer: Bearer): void {
  const presented = /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/i.exec(req.headers.authorization ?? '')?.[1];
  const next = 'Copy the new one with `grafos dev status --bearer`.';
  if (presented === undefined) {
    throw new HelperRefusedError(401, 'bearer_missing', 'This request needs the helper’s bearer.', {
      next: 'Send `Authorization: Bearer …`; `grafos dev status --bearer` prints it.',
      headers: { 'WWW-Authenticate': 'Bearer realm="grafos helper"' },
    });
  }
  if (!bearer.matches(presented)) {
    throw new HelperRefusedError(401, 'bearer_wrong', 'This bearer is from another `grafos dev up`.', {
      next,
      headers: { 'WWW-Authenticate': 'Bearer realm="grafos helper", error="invalid_token"' },
    });
  }
}
