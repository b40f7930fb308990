/**
 * Entry point of the store reader, which shows the runs of a stopped stack.
 *
 * It answers with the scheduler's own routes, on standard input and output. Each line of input is
 * the path of a GET request. Each answer is a line `status length`, then a body of that many bytes.
 */
import { GrafosError } from '../../protocol/grafosError.ts';
import { StateFolder } from '../../protocol/stateFolder.ts';
import { streamLines } from '../../protocol/streamLines.ts';
import type { Answer } from '../http/call.ts';
import { Refused } from '../refused.ts';
import { type StoredRuns, storedRuns } from './storedRuns.ts';

const [dir = ''] = process.argv.slice(2);
/** The folder's own user, for whom the runs of all tenants are shown. */
const actor = { role: 'admin', name: 'reader' } as const;
const RUN = /^\/api\/v1\/runs\/([^/?]+)(?:\/(events|artifacts)(?:\/([^/?]+))?)?$/;

const opened = open();
if (opened !== undefined) await serve(opened);

function open(): StoredRuns | undefined {
  try {
    const runs = storedRuns(StateFolder.at(dir));
    process.stdout.write('ready\n');
    return runs;
  } catch (error) {
    if (!(error instanceof GrafosError)) throw error;
    const { kind, code, message, why, next } = error;
    process.stdout.write(`${JSON.stringify({ kind, code, message, why, next })}\n`);
    return undefined;
  }
}

async function serve(runs: StoredRuns): Promise<void> {
  using _runs = runs;
  for await (const line of streamLines(process.stdin)) {
    const { status, bytes } = await answer(runs, line);
    process.stdout.write(`${status} ${bytes.length}\n`);
    process.stdout.write(bytes);
  }
}

async function answer(runs: StoredRuns, path: string): Promise<{ status: number; bytes: Buffer }> {
  try {
    const given = await route(runs, path);
    return { status: given.status, bytes: await bytesOf(given) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { status: error.status, bytes: Buffer.from(JSON.stringify(error.body())) };
  }
}

function route({ routes }: StoredRuns, path: string): Answer | Promise<Answer> {
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
  if (pathname === '/api/v1/runs') return routes.listRuns(asked);
  throw new Refused('runtime_not_ready', 'The local stack does not run.', 'Start it: grafos dev up');
}

async function bytesOf(given: Answer): Promise<Buffer> {
  if ('json' in given) return Buffer.from(JSON.stringify(given.json));
  const pieces = 'pieces' in given ? given.pieces : 'events' in given ? given.events : [];
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(typeof piece === 'string' ? Buffer.from(piece) : piece);
  return Buffer.concat(all);
}
