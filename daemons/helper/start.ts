import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { DOOR_LIMITS } from '../doors/doorLimits.ts';
import { WaitingRoom } from '../doors/waitingRoom.ts';
import type { RunningDaemon } from '../kit/daemonLifetime.ts';
import type { DaemonLog } from '../kit/daemonLog.ts';
import type { EventStream } from '../kit/eventStream.ts';
import { type ListenCodes, listenError } from '../kit/listenError.ts';
import { issueBearer } from './bearer.ts';
import { CallerRules } from './callerRules.ts';
import { createLiveFeed } from './liveFeed.ts';
import { createRequestListener, type RequestParts } from './requestListener.ts';
import { createHelperRoutes } from './routes.ts';
import { linkScheduler, type SchedulerPort } from './schedulerPort.ts';
import { createTaskletReader } from './taskletList.ts';

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

const LISTEN_CODES: ListenCodes = { refused: 'cannot_listen', unavailable: 'cannot_listen' };

/** @throws {GrafosError} port_in_use, cannot_listen, bearer_file_not_written */
export async function startHelper(options: HelperOptions): Promise<RunningDaemon<HelperFacts>> {
  const { log } = options;
  const scheduler = linkScheduler(options.connect);
  const tasklets = createTaskletReader(options.projectDir);
  const streams = new Set<EventStream>();
  const fault = (error: unknown): void => {
    log.error(`fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  };
  const feed = createLiveFeed({ scheduler, tasklets, fault });
  const access: RequestParts['access'] = { rules: new CallerRules([]), bearer: undefined };
  const unproven = new WaitingRoom(DOOR_LIMITS.helperUnproven, DOOR_LIMITS.helperUnprovenMs);
  /** Takes a connection out of the room. */
  const proved = new WeakMap<Socket, () => void>();
  const { cellId } = options;
  const routes = createHelperRoutes({ cellId, scheduler, tasklets, feed, streams, rules: () => access.rules });
  const listener = createRequestListener(routes, {
    access,
    proved: ({ socket }) => proved.get(socket)?.(),
    fault,
    log,
  });
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
    listener,
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
    server.once('error', (error) =>
      reject(listenError(error, { host: '127.0.0.1', port: options.port }, 'bind', LISTEN_CODES)),
    );
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  access.rules = new CallerRules(hosts, options.allowedOrigins);
  for (const host of options.allowedHosts ?? []) access.rules.allow(host);
  try {
    access.bearer = await issueBearer(options.bearerFile);
  } catch (error) {
    server.close();
    throw error;
  }
  const url = `http://127.0.0.1:${port}`;
  log.info(`listening at ${url}`);

  return {
    facts: { url },
    async stop() {
      await access.bearer?.withdraw();
      for (const stream of streams) {
        stream.finish({ event: 'stopping', data: {} });
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
