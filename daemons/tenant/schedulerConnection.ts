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
import { GrafosError } from '../../base/grafosError.ts';
import type { PeerFiles } from '../peers/peerFiles.ts';
import { tlsClientOptions } from '../peers/peerTls.ts';
import { privateKeyOf } from '../peers/privateKeyOf.ts';
import { certificateThumbprint, mintTenantToken, type TokenClaims } from '../peers/tenantToken.ts';
import { ANSWER_BYTES } from '../wire/answerBounds.ts';
import { collectAnswer } from './collectAnswer.ts';
import { PACE } from './pace.ts';
import { connectionError, refusalOf } from './schedulerErrors.ts';

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
  return new HttpsConnection(target);
}

class HttpsConnection implements SchedulerConnection {
  readonly subject: string;
  readonly #target: PeerFiles & { url: string };
  readonly #address: { host: string; port: number };
  readonly #certificate: ReturnType<typeof readCertificate>;
  readonly #agent: Agent;
  readonly #tokens = new WeakMap<object, SocketToken>();
  readonly #underWay = new Set<ClientRequest>();
  #audience = '';
  #isClosed = false;

  constructor(target: PeerFiles & { url: string }) {
    this.#target = target;
    this.#address = schedulerAddress(target.url);
    this.#certificate = readCertificate(target);
    this.subject = this.#certificate.subject;
    const tls = tlsClientOptions(target, { roles: ['scheduler'] });
    // A request beside a busy socket opens another. One free socket is kept, for a shorter time
    // than the server would keep it.
    this.#agent = new Agent({ ...tls, keepAlive: true, maxFreeSockets: 1, timeout: 0, scheduling: 'lifo' });
  }

  setAudience(cellId: string): void {
    this.#audience = cellId;
  }

  mint(): { token: string; claims: TokenClaims } {
    return mintTenantToken({ ...this.#certificate, audience: this.#audience });
  }

  async call(asked: ApiRequest, most: number): Promise<ApiAnswer> {
    const response = await this.#exchange(asked);
    return { status: response.statusCode ?? 0, bytes: await this.#collect(response, most, asked.signal) };
  }

  async *stream(asked: ApiRequest): AsyncGenerator<Buffer, void, undefined> {
    const response = await this.#exchange(asked);
    try {
      yield* response;
    } catch (error) {
      throw this.#asGrafosError(error as Error, asked.signal);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const request of this.#underWay) request.destroy();
    this.#agent.destroy();
  }

  /** Resolves with an answer that is none of a refusal. */
  async #exchange(asked: ApiRequest, isRetry = false): Promise<IncomingMessage> {
    const response = await this.#send(asked);
    const { statusCode: status = 0, socket } = response;
    if ((status >= 200 && status < 300) || asked.accept?.includes(status) === true) return response;
    const body = await this.#collect(response, ANSWER_BYTES.small, asked.signal);
    const refusal = refusalOf(this.#target.url, status, body);
    const isOutOfTime = refusal.code === 'token_expired' || refusal.code === 'token_not_yet_valid';
    if (!isOutOfTime || isRetry) throw refusal;
    // One of the clocks jumped: this token is done with, and a new one is made once.
    this.#tokens.delete(socket);
    return this.#exchange(asked, true);
  }

  #send(asked: ApiRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new GrafosError('client_closed', 'The connection to the scheduler was closed.'));
        return;
      }
      const { request, late } = this.#begin(asked);
      const onError = (error: Error): void => {
        const isStale = request.reusedSocket && 'code' in error && error.code === 'ECONNRESET' && isRepeatable(asked);
        // The server closed the idle connection at the moment of its reuse. The request was not
        // read, so it is sent again.
        if (isStale && asked.signal?.aborted !== true && !this.#isClosed) resolve(this.#send(asked));
        else reject(this.#asGrafosError(error, asked.signal));
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
        whenSecure(socket as TLSSocket, () => this.#write(request, socket, asked));
      });
    });
  }

  /** Makes a request that waits for its socket, and the timer that ends it. */
  #begin({ method, path, headers = {}, type, body, tail, waitMs, signal }: ApiRequest) {
    // This is not https.request: VS Code changes that one for its extensions so that it uses a
    // proxy, with another agent than ours. Our certificate and our check of the server would be
    // lost.
    const way = { agent: this.#agent, protocol: 'https:', ...this.#address };
    const request = new ClientRequest({ ...way, method, path, headers, signal });
    this.#underWay.add(request);
    const size = (body?.length ?? 0) + (tail?.length ?? 0);
    const answerMs = PACE.answerMs + (waitMs ?? 0) + (size / PACE.bytesPerSecond) * 1000;
    const late = setTimeout(() => request.destroy(new Error(`no answer began within ${answerMs} ms`)), answerMs);
    request.once('close', () => {
      clearTimeout(late);
      this.#underWay.delete(request);
    });
    if (waitMs !== undefined) request.setHeader('prefer', `wait=${Math.ceil(waitMs / 1000)}`);
    if (type !== undefined) request.setHeader('content-type', type);
    if (method === 'PUT' || method === 'POST') request.setHeader('content-length', size);
    return { request, late };
  }

  #write(request: ClientRequest, socket: object, { isOpen = false, body, tail }: ApiRequest): void {
    if (request.destroyed) return;
    if (!isOpen) request.setHeader('authorization', `Bearer ${this.#tokenFor(socket)}`);
    if (tail !== undefined && body !== undefined) request.write(body);
    request.end(tail ?? body);
  }

  /** Gives the token of this socket alone: the scheduler refuses one that it saw on another. */
  #tokenFor(socket: object): string {
    const known = this.#tokens.get(socket);
    if (known !== undefined && known.renewAt > Date.now()) return known.token;
    const { token, claims } = this.mint();
    this.#tokens.set(socket, { token, renewAt: claims.exp * 1000 - RENEW_BEFORE_MS });
    return token;
  }

  async #collect(response: IncomingMessage, most: number, signal: AbortSignal | undefined): Promise<Buffer> {
    try {
      return await collectAnswer(response, this.#target.url, most);
    } catch (error) {
      throw this.#asGrafosError(error as Error, signal);
    }
  }

  #asGrafosError(error: Error, signal: AbortSignal | undefined): Error {
    if (signal?.aborted === true || this.#isClosed) {
      const what = 'The request to the scheduler was cancelled.';
      return new GrafosError('interrupted', what, { cause: error });
    }
    return connectionError(error, this.#target.url, this.#target);
  }
}

function isRepeatable({ method, headers = {} }: ApiRequest): boolean {
  return method !== 'POST' || headers['idempotency-key'] !== undefined;
}

function whenSecure(socket: TLSSocket, act: () => void): void {
  if (socket.connecting || socket.getProtocol() === null) socket.once('secureConnect', act);
  else act();
}

/**
 * The host and port of a scheduler's URL. An IPv6 address is in brackets in a URL, and only there.
 *
 * @throws {GrafosError} scheduler_url_invalid
 */
export function schedulerAddress(text: string): { host: string; port: number } {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== 'https:') {
    throw new GrafosError('scheduler_url_invalid', `"${text}" is not the address of a scheduler.`, {
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
    throw new GrafosError('certificate_unreadable', 'The client certificate cannot be used.', {
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Give a certificate and its key as PEM, as grafos admin issue-cert writes them.',
      cause,
    });
  }
}
