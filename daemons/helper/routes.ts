import type { IncomingMessage, ServerResponse } from 'node:http';
import { LIMITS } from '../../base/limits.ts';
import { EVENT_STREAM_HEADERS, EventStream } from '../kit/eventStream.ts';
import type { HelperArtifacts, HelperHealth, HelperPlaces, HelperProgram, HelperRuns } from '../wire/helperApi.ts';
import { summarizeRun } from '../wire/helperApi.ts';
import { ARTIFACT_NAMES, type ArtifactName } from '../wire/tenantApi.ts';
import { allowHost } from './allowHost.ts';
import type { CallerRules } from './callerRules.ts';
import { DASHBOARD_FILES, sendDashboardFile } from './dashboardFiles.ts';
import { HelperRefusedError } from './helperRefusal.ts';
import type { LiveFeed } from './liveFeed.ts';
import { readBody } from './readBody.ts';
import type { SchedulerLink } from './schedulerPort.ts';
import { startRun } from './startRun.ts';
import type { TaskletReader } from './taskletList.ts';

const STREAMS_MAX = 32;
/** Unread bytes above which a listener is dropped. It asks again and gets a fresh snapshot. */
const UNREAD_BYTES = 8 * 1024 * 1024;
const RUNS_DEFAULT = 50;
const RUNS_MAX = 500;
const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export interface Call {
  req: IncomingMessage;
  res: ServerResponse;
  /** The decoded `:name` segments, in order. */
  segments: string[];
  query: URLSearchParams;
  /** Aborted when the client is gone. */
  gone: AbortSignal;
}

export interface Route {
  method: 'GET' | 'POST';
  /** Segments; `:name` matches any one. */
  path: string;
  /** True: served without a bearer. */
  open: boolean;
  handle(call: Call): Promise<void>;
}

export interface RouteParts {
  cellId: string;
  scheduler: SchedulerLink;
  tasklets: TaskletReader;
  feed: LiveFeed;
  /** Open streams. They get a last event when the helper stops. */
  streams: Set<EventStream>;
  rules(): CallerRules;
}

/** Every route of the helper; docs/reference/helper.md is compared with this table. */
export function createHelperRoutes(parts: RouteParts): Route[] {
  const files = Object.keys(DASHBOARD_FILES).map(
    (path): Route => ({ method: 'GET', path, open: true, handle: ({ res }) => sendDashboardFile(res, path) }),
  );
  return [...files, ...createProgramRoutes(parts), ...createRunRoutes(parts), ...createArtifactRoutes(parts)];
}

function createProgramRoutes(parts: RouteParts): Route[] {
  const { cellId, tasklets, feed } = parts;
  return [
    {
      method: 'GET',
      path: '/health',
      open: true,
      async handle({ res }) {
        sendJson(res, 200, { status: 'ok' } satisfies HelperHealth);
      },
    },
    {
      method: 'GET',
      path: '/v1/program',
      open: false,
      async handle({ res }) {
        const { program } = (await tasklets.read()).answer;
        sendJson(res, 200, { ...program, cell_id: cellId, limits: { input: LIMITS.input } } satisfies HelperProgram);
      },
    },
    {
      method: 'POST',
      path: '/v1/hosts',
      open: false,
      async handle({ req, res }) {
        sendJson(res, 200, await allowHost(req, parts.rules()));
      },
    },
    {
      method: 'GET',
      path: '/v1/tasklets',
      open: false,
      async handle({ res }) {
        sendJson(res, 200, (await tasklets.read()).answer);
      },
    },
    {
      method: 'GET',
      path: '/v1/events',
      open: false,
      async handle({ res, gone }) {
        const stream = openStream(parts.streams, res);
        feed.listen((event, data) => stream.send({ event, data }), gone);
      },
    },
  ];
}

function createRunRoutes(parts: RouteParts): Route[] {
  const { scheduler } = parts;
  return [
    {
      method: 'POST',
      path: '/v1/runs',
      open: false,
      async handle({ req, res, gone }) {
        const run = await startRun(parts, await readBody(req), { idempotencyKey: idempotencyKey(req), signal: gone });
        sendJson(res, 202, summarizeRun(run));
      },
    },
    {
      method: 'GET',
      path: '/v1/runs',
      open: false,
      async handle({ res, query }) {
        const limit = readLimit(query.get('limit'));
        const runs = await (await scheduler.client()).listRuns({ limit });
        sendJson(res, 200, { runs: runs.map(summarizeRun) } satisfies HelperRuns);
      },
    },
    {
      method: 'GET',
      path: '/v1/runs/:id',
      open: false,
      async handle({ res, segments }) {
        sendJson(res, 200, await (await scheduler.client()).getRun(runId(segments)));
      },
    },
    { method: 'GET', path: '/v1/runs/:id/events', open: false, handle: (call) => sendRunEvents(parts, call) },
    { method: 'GET', path: '/v1/runs/:id/places', open: false, handle: (call) => sendPlaces(parts, call) },
    {
      method: 'POST',
      path: '/v1/runs/:id/cancel',
      open: false,
      async handle({ res, segments }) {
        sendJson(res, 202, summarizeRun(await (await scheduler.client()).cancel(runId(segments))));
      },
    },
  ];
}

async function sendPlaces({ scheduler, tasklets }: RouteParts, { res, segments, gone }: Call): Promise<void> {
  const client = await scheduler.client();
  const run = await client.getRun(runId(segments));
  // Only a failed run pays for the part that reads modules, and it does so in a bounded thread.
  const { placesOfRun } = await import('../../toolchain/places/placesOfRun.ts');
  const places = await placesOfRun(tasklets.projectDir, run, client, gone);
  sendJson(res, 200, { places } satisfies HelperPlaces);
}

function createArtifactRoutes({ scheduler }: RouteParts): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/runs/:id/artifacts',
      open: false,
      async handle({ res, segments }) {
        const artifacts = await (await scheduler.client()).listArtifacts(runId(segments));
        sendJson(res, 200, { artifacts } satisfies HelperArtifacts);
      },
    },
    {
      method: 'GET',
      path: '/v1/runs/:id/artifacts/:name',
      open: false,
      async handle({ res, segments }) {
        const id = runId(segments);
        const name = artifactName(segments);
        const bytes = await (await scheduler.client()).artifact(id, name);
        res
          .writeHead(200, {
            'Content-Type': ARTIFACT_TYPE[name],
            'Content-Length': bytes.length,
            'Content-Disposition': `attachment; filename="${id}-${name}"`,
          })
          .end(bytes);
      },
    },
  ];
}

/** @throws {HelperRefusedError} too_many_streams */
function openStream(streams: Set<EventStream>, res: ServerResponse): EventStream {
  if (streams.size >= STREAMS_MAX) {
    throw new HelperRefusedError(503, 'too_many_streams', `The helper serves ${STREAMS_MAX} event streams at a time.`, {
      next: 'Close a dashboard tab and try again.',
    });
  }
  const opened = new EventStream({ unread: UNREAD_BYTES, tooSlow: () => res.destroy() });
  streams.add(opened);
  res.once('close', () => {
    streams.delete(opened);
    opened.destroy();
  });
  res.writeHead(200, EVENT_STREAM_HEADERS);
  // The headers, and with them the news that the stream is open, do not wait for the first event.
  res.flushHeaders();
  opened.pipe(res);
  return opened;
}

async function sendRunEvents({ scheduler, streams }: RouteParts, { res, segments, gone }: Call): Promise<void> {
  const id = runId(segments);
  const client = await scheduler.client();
  // An unknown run can be answered with its status only before the stream is open.
  await client.getRun(id);
  const stream = openStream(streams, res);
  try {
    for await (const { event, data } of client.events(id, { signal: gone })) {
      if (event !== 'listening') stream.send({ event, data: event === 'end' ? summarizeRun(data) : data });
    }
  } catch (error) {
    if (!gone.aborted) throw error;
  } finally {
    stream.finish();
  }
}

const ARTIFACT_TYPE: Record<ArtifactName, string> = {
  'response.json': 'application/json; charset=utf-8',
  'output.b64': 'text/plain; charset=us-ascii',
  'input.bin': 'application/octet-stream',
  'run.log': 'text/plain; charset=utf-8',
  'run.json': 'application/json; charset=utf-8',
};

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  res
    .writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': bytes.length })
    .end(bytes);
}

/**
 * Checks a run id. It is a name in the URLs of the scheduler, so anything that could be more than
 * one segment is refused.
 */
function runId(segments: string[]): string {
  const id = segments[0] ?? '';
  if (!RUN_ID.test(id)) throw new HelperRefusedError(404, 'not_found', 'There is no run of this id.');
  return id;
}

function artifactName(segments: string[]): ArtifactName {
  const name = ARTIFACT_NAMES.find((known) => known === segments[1]);
  if (name !== undefined) return name;
  throw new HelperRefusedError(404, 'not_found', 'A run has no artifact of this name.', {
    next: `There are ${ARTIFACT_NAMES.join(', ')}.`,
  });
}

function readLimit(text: string | null): number {
  if (text === null) return RUNS_DEFAULT;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > RUNS_MAX)
    throw new HelperRefusedError(400, 'bad_request', `\`limit\` must be 1 to ${RUNS_MAX}.`);
  return limit;
}

function idempotencyKey(req: IncomingMessage): string | undefined {
  const key = req.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[A-Za-z0-9_-]{8,64}$/.test(key)) {
    throw new HelperRefusedError(400, 'bad_request', '`Idempotency-Key` must be 8 to 64 letters, digits, `_` or `-`.');
  }
  return key;
}
