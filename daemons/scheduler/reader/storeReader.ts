/**
 * Entry point of the store reader, which shows the runs of a stopped stack.
 *
 * It answers with the scheduler's own routes, on standard input and output. Each line of input is
 * the path of a GET request, or `/damage` for a look at the whole store. Each answer is a line
 * `status length`, then a body of that many bytes.
 */

import { StateFolder } from '../../../base/files/stateFolder.ts';
import { GrafosError } from '../../../base/grafosError.ts';
import { streamLines } from '../../../base/text/streamLines.ts';
import type { Answer } from '../http/call.ts';
import { REFUSAL_STATUS } from '../http/status.ts';
import { RefusedError } from '../refused.ts';
import { type StoredRuns, storedRuns } from './storedRuns.ts';

const [dir = ''] = process.argv.slice(2);
/** The folder's own user, for whom the runs of all tenants are shown. */
const actor = { role: 'admin', name: 'reader' } as const;
const RUN = /^\/api\/v1\/runs\/([^/?]+)(?:\/(events|artifacts)(?:\/([^/?]+))?)?$/;

const folder = open();
if (folder !== undefined) await serve(folder);

/** Says on standard output whether the store can be read. */
function open(): StateFolder | undefined {
  try {
    const found = StateFolder.at(dir);
    storedRuns(found)[Symbol.dispose]();
    process.stdout.write('ready\n');
    return found;
  } catch (error) {
    if (!(error instanceof GrafosError)) throw error;
    const { kind, code, message, why, next } = error;
    process.stdout.write(`${JSON.stringify({ kind, code, message, why, next })}\n`);
    return undefined;
  }
}

async function serve(state: StateFolder): Promise<void> {
  for await (const line of streamLines(process.stdin)) {
    const { status, bytes } = await answer(state, line);
    process.stdout.write(`${status} ${bytes.length}\n`);
    process.stdout.write(bytes);
  }
}

/**
 * Answers one request. The store is open for that long only: an open store with a write-ahead log
 * is locked, and a scheduler that starts would be refused.
 */
async function answer(state: StateFolder, path: string): Promise<{ status: number; bytes: Buffer }> {
  try {
    using runs = storedRuns(state);
    const given = await route(runs, path);
    return { status: given.status, bytes: await bytesOf(given) };
  } catch (error) {
    const refused = error instanceof GrafosError ? changedMeanwhile(error) : error;
    if (!(refused instanceof RefusedError)) throw error;
    return { status: REFUSAL_STATUS[refused.reason], bytes: Buffer.from(JSON.stringify(refused.body())) };
  }
}

/** The store was there when the reader started: a scheduler has it now, or it went. */
function changedMeanwhile({ code, message }: GrafosError): RefusedError {
  const why = code === 'store_locked' ? 'The stack has started meanwhile.' : message;
  return new RefusedError('runtime_not_ready', why, 'Run the command again.');
}

function route({ routes, damage }: StoredRuns, path: string): Answer | Promise<Answer> {
  const { pathname, searchParams } = new URL(path, 'http://store');
  const query = { limit: Number(searchParams.get('limit') ?? 50), before: searchParams.get('before') ?? undefined };
  const [, id, part, name] = RUN.exec(pathname) ?? [];
  const asked = {
    actor,
    params: { id: id ?? '', name: name ?? '' },
    query,
    headers: {},
    body: undefined,
    large: undefined,
    allow: () => {},
  };
  if (id !== undefined) {
    if (part === 'events') return routes.runEvents(asked);
    if (part === undefined) return routes.getRun(asked);
    return name === undefined ? routes.listArtifacts(asked) : routes.getArtifact(asked);
  }
  if (pathname === '/damage') return { status: 200, json: { damage: damage() ?? null } };
  if (pathname === '/api/v1/runs') return routes.listRuns(asked);
  throw new RefusedError('runtime_not_ready', 'The local stack does not run.', 'Start it: grafos dev up');
}

async function bytesOf(given: Answer): Promise<Buffer> {
  if ('json' in given) return Buffer.from(JSON.stringify(given.json));
  const pieces = 'pieces' in given ? given.pieces : 'events' in given ? given.events : [];
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(typeof piece === 'string' ? Buffer.from(piece) : piece);
  return Buffer.concat(all);
}
