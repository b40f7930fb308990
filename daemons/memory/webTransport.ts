/**
 * WebTransport, both ends: the only file that knows `@fails-components/webtransport`. It uses
 * HTTP/3 where its native half is installed, HTTP/2 otherwise.
 *
 * The library needs five rules. A session and its streams are used for long, and never one a
 * message. The window that a session starts with is the largest it may have: with a smaller one the
 * listener never gives credit back. Streams are opened with `waitUntilAvailable`. A session that
 * ends before it is ready must not hold up the next. A readable of the library is never cancelled,
 * because at the end of the session it closes everything once more and throws where nothing can
 * catch it.
 */
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import type { Http2SecureServer } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { hostPort } from '../../base/hostPort.ts';
import { boundHandshakes } from '../doors/boundHandshakes.ts';
import { boundHttp2 } from '../doors/boundHttp2.ts';
import { DOOR_LIMITS } from '../doors/doorLimits.ts';
import { WaitingRoom } from '../doors/waitingRoom.ts';

export interface WtStream {
  /**
   * Reads the next bytes.
   *
   * @returns undefined when the session is over; bytes that were not read yet are lost then
   */
  read(): Promise<Uint8Array | undefined>;
  /** Resolves when there is room for more; rejects when the session is over. */
  write(chunk: Uint8Array): Promise<void>;
}

export interface WtSession {
  /** The next bidirectional stream the other end opened; undefined when the session is over. */
  nextStream(): Promise<WtStream | undefined>;
  open(): Promise<WtStream>;
  /** Never rejects; the reason the other end gave, if any. */
  readonly closed: Promise<{ code: number; reason: string }>;
  close(code: number, reason: string): void;
}

export type WtTransport = 'http3' | 'http2';

export interface WtListener {
  /** host:port. */
  readonly address: string;
  readonly transport: WtTransport;
  /** Lower-case hex SHA-256 of the certificate, which clients pin. */
  readonly sha256: string;
  close(): void;
}

export interface WtListenOptions {
  host: string;
  port: number;
  certPem: string;
  keyPem: string;
  path: string;
  onSession(session: WtSession): void;
}

const WINDOWS = {
  initialStreamFlowControlWindow: 1024 * 1024,
  streamFlowControlWindowSizeLimit: 1024 * 1024,
  initialSessionFlowControlWindow: 4 * 1024 * 1024,
  sessionFlowControlWindowSizeLimit: 4 * 1024 * 1024,
};

/** Throws the system's error (`EADDRINUSE` and its like). */
export async function listenWebTransport(options: WtListenOptions): Promise<WtListener> {
  const { host, port, certPem, keyPem, path, onSession } = options;
  const { library, hasHttp3 } = await loadLibrary();
  const Server = hasHttp3 ? library.Http3Server : library.Http2Server;
  const server = new Server({
    host,
    port,
    cert: certPem,
    privKey: keyPem,
    secret: randomBytes(32).toString('hex'),
    ...WINDOWS,
  } as ConstructorParameters<typeof Server>[0]);
  guardSessions(server, (stream) => connected(stream));
  const sessions = server.sessionStream(path).getReader();
  server.startServer();
  await server.ready;
  // Made by the library when it starts; in this turn nobody can have come yet.
  const connected = boundConnections(server);
  acceptSessions(sessions, onSession).catch(ignore);
  const connections = trackConnections(server);
  return {
    address: hostPort(host, server.address()?.port ?? port),
    transport: hasHttp3 ? 'http3' : 'http2',
    sha256: certificateSha256(certPem),
    close: () => {
      server.stopServer();
      for (const connection of connections) connection.destroy();
    },
  };
}

export interface WtConnectOptions {
  url: string;
  /** Lower-case hex. */
  sha256: string;
  timeoutMs: number;
}

/** Throws when no session is there within `timeoutMs`; the library does not say why. */
export async function connectWebTransport({ url, sha256, timeoutMs }: WtConnectOptions): Promise<WtSession> {
  const { library, hasHttp3 } = await loadLibrary();
  const session = new library.WebTransport(url, {
    serverCertificateHashes: [{ algorithm: 'sha-256', value: Buffer.from(sha256, 'hex') }],
    ...(hasHttp3 ? {} : { forceReliable: true }),
    quicConnectTimeout: timeoutMs,
    webTransportConnectTimeout: timeoutMs,
    ...WINDOWS,
  } as ConstructorParameters<typeof library.WebTransport>[1]);
  session.closed.catch(ignore);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([session.ready, late]);
  } catch (error) {
    session.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return wrapSession(session);
}

export function certificateSha256(certPem: string): string {
  return createHash('sha256').update(new X509Certificate(certPem).raw).digest('hex');
}

type Library = typeof import('@fails-components/webtransport');

/** Optional: in a variable, so that neither the compiler nor the bundler asks for it. */
const NATIVE_HALF: string = '@fails-components/webtransport-transport-http3-quiche';

let loading: Promise<{ library: Library; hasHttp3: boolean }> | undefined;

function loadLibrary(): Promise<{ library: Library; hasHttp3: boolean }> {
  loading ??= load();
  return loading;
}

/**
 * Loads the library. Without its native half it prints to the console, also to stdout, which is for
 * our ready line only.
 */
async function load(): Promise<{ library: Library; hasHttp3: boolean }> {
  const { log, error } = console;
  const muted =
    (print: typeof log) =>
    (first: unknown, ...rest: unknown[]) => {
      if (typeof first === 'string' && /http3[- ](loader|quiche)/.test(first)) return;
      print.call(console, first, ...rest);
    };
  console.log = muted(log);
  console.error = muted(error);
  try {
    const library = await import('@fails-components/webtransport');
    await library.quicheLoaded;
    const hasHttp3 = await import(NATIVE_HALF).then(
      () => true,
      () => false,
    );
    return { library, hasHttp3 };
  } finally {
    console.log = log;
    console.error = error;
  }
}

/** As much of the library's session as we use; its own types differ between the two ends. */
interface LibrarySession {
  ready: Promise<unknown>;
  closed: Promise<unknown>;
  incomingBidirectionalStreams: ReadableStream<LibraryStream>;
  createBidirectionalStream(options: { waitUntilAvailable: boolean }): Promise<LibraryStream>;
  close(info?: { closeCode: number; reason: string }): void;
}

interface LibraryStream {
  readable: ReadableStream<Uint8Array>;
  writable: WritableStream<Uint8Array>;
}

async function acceptSessions(
  sessions: ReadableStreamDefaultReader<unknown>,
  onSession: (session: WtSession) => void,
): Promise<void> {
  for (;;) {
    const { value, done } = await sessions.read();
    if (done) return;
    const session = value as LibrarySession;
    session.closed.catch(ignore);
    session.ready.then(() => onSession(wrapSession(session)), ignore);
  }
}

/**
 * Guards the sessions of a server.
 *
 * The library throws out of its event handlers on capsules that it does not expect, such as one for
 * a stream of its own that is not open. Nothing could catch that, and bytes of a stranger would end
 * the process. Here they end the stranger's session.
 */
function guardSessions(server: unknown, onSession: (stream: object) => void): void {
  interface Visited {
    session: { jsobj?: LibraryHandler; stream?: { destroy(): void }; capsParser?: Record<string, unknown> };
  }
  const visited = server as { onHttpWTSessionVisitor(args: Visited): void };
  const visit = visited.onHttpWTSessionVisitor.bind(server);
  visited.onHttpWTSessionVisitor = (args) => {
    visit(args);
    const { session } = args;
    if (session.stream !== undefined) onSession(session.stream);
    const { capsParser, jsobj } = session;
    const end = () => session.stream?.destroy();
    if (capsParser !== undefined) for (const name of ['parseData', 'drainWrites']) guard(capsParser, name, end);
    if (jsobj === undefined) return;
    // Last of all: what it throws has nobody left to tell.
    guard(jsobj, 'onClose', () => jsobj.closedResolve({ closeCode: 0, reason: '' }));
    // The library refuses a stream that comes after the end in a later turn, through an object that
    // it has not made.
    const onStream = jsobj.onStream.bind(jsobj);
    jsobj.onStream = (opened) => {
      if (jsobj.state !== 'closed' && jsobj.state !== 'failed') onStream(opened);
    };
  };
}

interface LibraryHandler extends Record<string, unknown> {
  state: string;
  closedResolve(info: { closeCode: number; reason: string }): void;
  onStream(opened: unknown): void;
}

function guard(owner: Record<string, unknown>, name: string, onThrow: () => void): void {
  const method = owner[name];
  if (typeof method !== 'function') return;
  owner[name] = (...args: unknown[]) => {
    try {
      return method.apply(owner, args);
    } catch {
      onThrow();
      return undefined;
    }
  };
}

function wrapSession(session: unknown): WtSession {
  const wt = session as LibrarySession;
  const streams = wt.incomingBidirectionalStreams.getReader();
  streams.closed.catch(ignore);
  return {
    nextStream: async () => {
      const { value } = await streams.read();
      return value === undefined ? undefined : wrapStream(value);
    },
    open: async () => wrapStream(await wt.createBidirectionalStream({ waitUntilAvailable: true })),
    closed: wt.closed.then(closeInfo, closeInfo),
    close: (code, reason) => wt.close({ closeCode: code, reason }),
  };
}

function closeInfo(info: unknown): { code: number; reason: string } {
  const { closeCode, reason } = (info ?? {}) as { closeCode?: number; reason?: string };
  return { code: closeCode ?? 0, reason: reason ?? '' };
}

function wrapStream({ readable, writable }: LibraryStream): WtStream {
  const writer = writable.getWriter();
  const reader = readable.getReader();
  writer.closed.catch(ignore);
  reader.closed.catch(ignore);
  return {
    read: async () => {
      try {
        return (await reader.read()).value;
      } catch {
        // The session is over; `closed` says why.
        return undefined;
      }
    },
    write: (chunk) => writer.write(chunk),
  };
}

/**
 * Bounds connections over HTTP/2 and HTTP/1.1 that have no session: their handshakes, how long they
 * may be without one, and what they may do meanwhile. HTTP/3 connections are bounded by the native
 * half alone.
 * @returns what is to be called with the stream of each session
 */
function boundConnections(server: unknown): (stream: object) => void {
  const http2 = (server as { transportInt?: { serverInt?: Http2SecureServer } }).transportInt?.serverInt;
  if (http2 === undefined) return ignore;
  const room = new WaitingRoom(DOOR_LIMITS.memSilent, DOOR_LIMITS.memSilentMs);
  boundHandshakes(http2);
  boundHttp2(http2, DOOR_LIMITS.memSilentMs);
  // The library pings every second, and throws from its timer at a session that is destroyed and
  // has still to close.
  http2.prependListener('session', (session) => {
    const ping = session.ping.bind(session) as (...given: unknown[]) => boolean;
    session.ping = (...given: unknown[]) => !session.destroyed && ping(...given);
  });
  http2.on('secureConnection', (socket: TLSSocket & Guest) => {
    const leave = room.enter(() => socket.destroy());
    socket[LEAVE] = leave;
    socket.once('close', leave);
  });
  return (stream) => {
    const { session } = stream as { session?: { socket: object } };
    ((session?.socket ?? stream) as Guest)[LEAVE]?.();
  };
}

/**
 * The key of a property on the socket. HTTP/2 shows a stand-in for the socket, whose properties
 * lead back to the real one.
 */
const LEAVE = Symbol('leave');

interface Guest {
  [LEAVE]?: () => void;
}

/** The library closes its port and leaves connections open; HTTP/2 ones are ended by us. */
function trackConnections(server: unknown): Set<{ destroy(): void }> {
  type Connection = { destroy(): void; once(event: 'close', listener: () => void): void };
  type Http2 = { on(event: 'session', listener: (connection: Connection) => void): void };
  const connections = new Set<{ destroy(): void }>();
  const http2 = (server as { transportInt?: { serverInt?: Http2 } }).transportInt?.serverInt;
  http2?.on('session', (connection) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  return connections;
}

function ignore(): void {}
