/**
 * Loaded before the command (`node --import`) by `scripts/realClouds.ts`: it appends each call to a
 * cloud, and its answer, as a line of JSON to the file that `GRAFOS_RECORD_CALLS` names.
 *
 * No header is recorded, and no call that could have a credential in its answer: only the services
 * that make a cell are.
 */
import { appendFileSync } from 'node:fs';
import http, { type ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';

const file = process.env.GRAFOS_RECORD_CALLS;
const own = process.env.AWS_ENDPOINT_URL;
const ownHost = own !== undefined && URL.canParse(own) ? new URL(own).host : undefined;
const AWS = /^(?:cloudformation|ec2|sts)\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/;
const GOOGLE = 'https://compute.googleapis.com/';

interface Call {
  at: string;
  method: string;
  url: string;
  body: string;
  status: number;
  answer: string;
  ms: number;
}

function record(call: Call): void {
  // STS answers with credentials to every other question.
  if (/^sts\./.test(new URL(call.url).host) && !call.body.includes('Action=GetCallerIdentity')) return;
  if (/Action=(?:AssumeRole|GetSessionToken|GetFederationToken)/.test(call.body)) return;
  appendFileSync(file as string, `${JSON.stringify(call)}\n`);
}

/** Listens to a request of Node's own client without taking a byte from whoever sent it. */
function heard(request: ClientRequest): ClientRequest {
  const host = String(request.getHeader('host') ?? request.host);
  const isSigned = String(request.getHeader('authorization')).startsWith('AWS4-');
  if (!isSigned || (!AWS.test(host) && host !== ownHost)) return request;
  const [began, sent] = [Date.now(), [] as Buffer[]];
  const keep = (piece: unknown) => {
    if (typeof piece === 'string' || piece instanceof Uint8Array) sent.push(Buffer.from(piece as string));
  };
  const { write, end } = request;
  request.write = (...words: unknown[]) => {
    keep(words[0]);
    return Reflect.apply(write, request, words) as boolean;
  };
  request.end = (...words: unknown[]) => {
    keep(words[0]);
    return Reflect.apply(end, request, words) as ClientRequest;
  };
  request.once('response', (response: IncomingMessage) => {
    const got: Buffer[] = [];
    const { push } = IncomingMessage.prototype;
    response.push = (piece: unknown, ...more: unknown[]) => {
      if (piece instanceof Uint8Array) got.push(Buffer.from(piece));
      return Reflect.apply(push, response, [piece, ...more]) as boolean;
    };
    response.once('close', () =>
      record({
        at: new Date(began).toISOString(),
        method: request.method,
        url: `https://${host}${request.path}`,
        body: Buffer.concat(sent).toString('utf8'),
        status: response.statusCode ?? 0,
        answer: Buffer.concat(got).toString('utf8'),
        ms: Date.now() - began,
      }),
    );
  });
  return request;
}

if (file !== undefined) {
  for (const client of [http, https]) {
    const { request } = client;
    client.request = ((...words: unknown[]) => heard(Reflect.apply(request, client, words))) as typeof request;
  }
  syncBuiltinESMExports();
  const real = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const began = Date.now();
    const response = await real(input, init);
    if (url.startsWith(GOOGLE)) {
      const answer = await response.clone().text();
      const body = typeof init?.body === 'string' ? init.body : '';
      const method = init?.method ?? 'GET';
      record({
        at: new Date(began).toISOString(),
        method,
        url,
        body,
        status: response.status,
        answer,
        ms: Date.now() - began,
      });
    }
    return response;
  };
}
