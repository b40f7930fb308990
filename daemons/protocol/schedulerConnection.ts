/**
 * HTTPS to a scheduler as one client: keep-alive sockets, a token for each of them, and errors in
 * our own words.
 *
 * A second socket is opened only while the first is busy with a held answer or a stream.
 */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { ClientRequest, type IncomingMessage } from 'node:http';
import { Agent } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { ANSWER_BYTES } from './answerBounds.ts';
import { collectAnswer } from './collectAnswer.ts';
import { GrafosError } from './grafosError.ts';
import { PACE } from './pace.ts';
import type { PeerFiles } from './peerFiles.ts';
import { tlsClientOptions } from './peerTls.ts';
import { privateKeyOf } from './privateKeyOf.ts';
import { connectionError, refusalOf } from './schedulerErrors.ts';
import { certificateThumbprint, mintTenantToken, type TokenClaims } from './tenantToken.ts';

export interface ApiRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  path: string;
  headers?: Record<string, string>;
  /** Content type of the body. */
  type?: string;
  body?: Uint8Array;
  /** Bytes that follow the body, and are part of it. */
  tail?: Uint8Array | undefined;
  /** Goes without a token. */
  isOpen?: boolean;
  /** Statuses that are an answer here, beside 2xx. */
  accept?: readonly number[];
  /** Time that the scheduler is asked to hold its answer, milliseconds; rounded up to seconds. */
  waitMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface ApiAnswer {
  status: number;
  bytes: Buffer;
}

export interface SchedulerConnection {
  /** `<role>/<name>` of our certificate. */
  subject: string;
  setAudience(cellId: string): void;
  /** Makes a token for another connection that shows the same certificate; it is good on one. */
  mint(): { token: string; claims: TokenClaims };
  /**
   * Asks, and reads the whole answer.
   *
   * @param most bytes of its body
   * @throws {GrafosError} the scheduler's refusal, cell_answer_invalid, scheduler_unreachable,
   *   interrupted
   */
  call(request: ApiRequest, most: number): Promise<ApiAnswer>;
  /** The answer as it comes; leaving the loop ends it. */
  stream(request: ApiRequest): AsyncGenerator<Buffer, void, undefined>;
  close(): void;
}

/** A token is replaced so long before it expires, milliseconds. */
const RENEW_BEFORE_MS = 30_000;

interface SocketToken {
  token: string;
  /** By this process's own clock, milliseconds since 1970. */
  renewAt: number;
}

export function openSchedulerConnection(target: PeerFiles & { url: string }): SchedulerConnection {
  const { host, port } = parseUrl(target.url);
  const { key, subject, x5tS256 } = readCertificate(target);
  const tls = tlsClientOptions(target, { roles: ['scheduler'] });
  // A request beside a busy socket opens another. One free socket is kept, for a shorter time than
  // the server would keep it.
  const agent = new Agent({ ...tls, keepAlive: true, maxFreeSockets: 1, timeout: 0, scheduling: 'lifo' });
  const tokens = new WeakMap<object, SocketToken>();
  const underWay = new Set<ClientRequest>();
  let audience = '';
  let isClosed = false;

  /** For this socket alone: the scheduler refuses a token it saw on another. */
  const tokenFor = (socket: object): string => {
    const known = tokens.get(socket);
    if (known !== undefined && known.renewAt > Date.now()) return known.token;
    const { token, claims } = mintTenantToken({ key, subject, audience, x5tS256 });
    tokens.set(socket, { token, renewAt: claims.exp * 1000 - RENEW_BEFORE_MS });
    return token;
  };

  const send = (asked: ApiRequest): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { method, path, headers = {}, type, body, tail, isOpen = false, waitMs, signal } = asked;
      if (isClosed) {
        reject(new GrafosError('interrupted', 'client_closed', 'The connection to the scheduler was closed.'));
        return;
      }
      // This is not https.request: VS Code changes that one for its extensions so that it uses a
      // proxy, with another agent than ours. Our certificate and our check of the server would be
      // lost.
      const request = new ClientRequest({ agent, protocol: 'https:', host, port, method, path, headers, signal });
      underWay.add(request);
      const size = (body?.length ?? 0) + (tail?.length ?? 0);
      const answerMs = PACE.answerMs + (waitMs ?? 0) + (size / PACE.bytesPerSecond) * 1000;
      const late = setTimeout(() => request.destroy(new Error(`no answer began within ${answerMs} ms`)), answerMs);
      request.once('close', () => {
        clearTimeout(late);
        underWay.delete(request);
      });
      if (waitMs !== undefined) request.setHeader('prefer', `wait=${Math.ceil(waitMs / 1000)}`);
      if (type !== undefined) request.setHeader('content-type', type);
      if (method === 'PUT' || method === 'POST') request.setHeader('content-length', size);
      const onError = (error: Error): void => {
        const isStale = request.reusedSocket && 'code' in error && error.code === 'ECONNRESET' && isRepeatable(asked);
        // The server closed the idle connection at the moment of its reuse. The request was not
        // read, so it is sent again.
        if (isStale && signal?.aborted !== true && !isClosed) resolve(send(asked));
        else reject(asGrafosError(error, signal));
      };
      request.once('error', onError);
      request.once('response', (response) => {
        clearTimeout(late);
        // From here on the response breaks: with what the parser found, or as the connection did.
        request.off('error', onError);
        request.on('error', (error) => response.destroy(error));
        resolve(response);
      });
      request.once('socket', (socket) => {
        // The token needs the socket, and must not be sent before the server is checked.
        whenSecure(socket as TLSSocket, () => {
          if (request.destroyed) return;
          if (!isOpen) request.setHeader('authorization', `Bearer ${tokenFor(socket)}`);
          if (tail !== undefined && body !== undefined) request.write(body);
          request.end(tail ?? body);
        });
      });
    });

  const asGrafosError = (error: Error, signal: AbortSignal | undefined): Error => {
    if (signal?.aborted === true || isClosed) {
      return new GrafosError('interrupted', 'interrupted', 'The request to the scheduler was cancelled.', {
        cause: error,
      });
    }
    return connectionError(error, target.url, target);
  };

  const collect = (response: IncomingMessage, most: number, signal: AbortSignal | undefined): Promise<Buffer> =>
    collectAnswer(response, target.url, most).catch((error: Error) => {
      throw asGrafosError(error, signal);
    });

  /** Resolves with an answer that is none of a refusal. */
  const exchange = async (asked: ApiRequest, isRetry = false): Promise<IncomingMessage> => {
    const response = await send(asked);
    const { statusCode: status = 0, socket } = response;
    if ((status >= 200 && status < 300) || asked.accept?.includes(status) === true) return response;
    const refusal = refusalOf(target.url, status, await collect(response, ANSWER_BYTES.small, asked.signal));
    if (refusal.code !== 'token_expired' || isRetry) throw refusal;
    // One of the clocks jumped: this token is done with, and a new one is made once.
    tokens.delete(socket);
    return exchange(asked, true);
  };

  return {
    subject,
    setAudience: (cellId) => {
      audience = cellId;
    },
    mint: () => mintTenantToken({ key, subject, audience, x5tS256 }),
    call: async (asked, most) => {
      const response = await exchange(asked);
      return { status: response.statusCode ?? 0, bytes: await collect(response, most, asked.signal) };
    },
    stream: async function* (asked) {
      const response = await exchange(asked);
      try {
        yield* response;
      } catch (error) {
        throw asGrafosError(error as Error, asked.signal);
      }
    },
    close: () => {
      isClosed = true;
      for (const request of underWay) request.destroy();
      agent.destroy();
    },
  };
}

function isRepeatable({ method, headers = {} }: ApiRequest): boolean {
  return method !== 'POST' || headers['idempotency-key'] !== undefined;
}

function whenSecure(socket: TLSSocket, act: () => void): void {
  if (socket.connecting || socket.getProtocol() === null) socket.once('secureConnect', act);
  else act();
}

function parseUrl(text: string): { host: string; port: number } {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== 'https:') {
    throw new GrafosError('usage', 'scheduler_url_invalid', `"${text}" is not the address of a scheduler.`, {
      next: 'Write https://host:port.',
    });
  }
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: url.port === '' ? 443 : Number(url.port) };
}

function readCertificate({ certPem, keyPem }: PeerFiles): { key: KeyObject; subject: string; x5tS256: string } {
  try {
    const certificate = new X509Certificate(certPem);
    const subject = /URI:grafos:\/\/([a-z]+\/[a-z0-9._-]+)/.exec(certificate.subjectAltName ?? '')?.[1];
    const key = privateKeyOf(keyPem);
    if (subject === undefined) throw new Error('it names no grafos:// role and name');
    if (!certificate.checkPrivateKey(key)) throw new Error('the key is not the key of the certificate');
    return { key, subject, x5tS256: certificateThumbprint(certificate.raw) };
  } catch (cause) {
    if (cause instanceof GrafosError) throw cause;
    throw new GrafosError('usage', 'certificate_unreadable', 'The client certificate cannot be used.', {
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Give a certificate and its key as PEM, as grafos admin issue-cert writes them.',
      cause,
    });
  }
}
