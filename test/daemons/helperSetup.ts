/** A program on disk and a helper in this process, for the tests of helper and dashboard. */
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HelperOptions } from '../../daemons/helper/start.ts';
import { startHelper } from '../../daemons/helper/start.ts';
import { type StandIn, standInScheduler } from './helperStandIn.ts';

export const WASM = Buffer.from('0061736d01000000', 'hex');

/** `local-dev` is built, `stale-one` is older than its source, `not-built` has no module. */
export async function makeProgram(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'grafos helper tést '));
  await mkdir(join(dir, 'tasklets'));
  await mkdir(join(dir, 'build'));
  const names = ['local-dev', 'stale-one', 'not-built'];
  await writeFile(
    join(dir, 'grafos.toml'),
    `[program]\nname = "demo"\nversion = "0.1.0"\n${names
      .map((name) => `\n[[tasklet]]\nname = "${name}"\nsource = "tasklets/${name}.ts"\nmem = "32KiB"\n`)
      .join('')}`,
  );
  for (const name of names) await writeFile(join(dir, 'tasklets', `${name}.ts`), '');
  for (const name of ['local-dev', 'stale-one']) await writeFile(join(dir, 'build', `${name}.wasm`), WASM);
  const hourAgo = new Date(Date.now() - 3_600_000);
  await utimes(join(dir, 'tasklets', 'local-dev.ts'), hourAgo, hourAgo);
  await utimes(join(dir, 'build', 'stale-one.wasm'), hourAgo, hourAgo);
  return dir;
}

export interface TestHelper {
  dir: string;
  url: string;
  port: number;
  bearer: string;
  bearerFile: string;
  scheduler: StandIn;
  /** Everything the helper logged. */
  logged: string[];
  /**
   * Ends the helper and starts another on the same port, as `dev down` and `dev up` would with a
   * fixed port.
   */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** Ends the helper and removes the program. */
  dispose(): Promise<void>;
}

export async function helperWithStandIn(more: Partial<HelperOptions> = {}): Promise<TestHelper> {
  const dir = await makeProgram();
  const bearerFile = join(dir, 'bearer');
  const scheduler = standInScheduler();
  const logged: string[] = [];
  const note = (text: string) => void logged.push(text);
  const start = async (port: number) => {
    const daemon = await startHelper({
      port,
      projectDir: dir,
      cellId: 'cell-local',
      bearerFile,
      allowedOrigins: [],
      connect: async () => scheduler,
      log: { info: note, warn: note, error: note },
      ...more,
    });
    return { daemon, bearer: (await readFile(bearerFile, 'utf8')).trim() };
  };
  let current = await start(0);
  let stopped = false;
  const { url } = current.daemon.facts;
  const helper: TestHelper = {
    dir,
    url,
    port: Number(new URL(url).port),
    bearer: current.bearer,
    bearerFile,
    scheduler,
    logged,
    async restart() {
      await helper.stop();
      current = await start(helper.port);
      stopped = false;
      helper.bearer = current.bearer;
    },
    async stop() {
      if (stopped) return;
      stopped = true;
      await current.daemon.stop();
    },
    async dispose() {
      await helper.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return helper;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  json: any;
}

/** One request with exactly these headers, `Host` included, and the path as it is given. */
export async function ask(
  helper: { port: number },
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options;
    const req = request(
      {
        host: '127.0.0.1',
        port: helper.port,
        path,
        method,
        headers,
        agent: false,
        setHost: headers.Host === undefined,
      },
      (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          const whole = Buffer.concat(chunks);
          const json = res.headers['content-type']?.startsWith('application/json')
            ? JSON.parse(whole.toString())
            : undefined;
          resolve({ status: res.statusCode ?? 0, headers: res.headers, body: whole, json });
        });
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}

export const JSON_TYPE = { 'Content-Type': 'application/json' };

export async function getWithBearer(helper: { port: number; bearer: string }, path: string): Promise<Answer> {
  return await ask(helper, path, { headers: { Authorization: `Bearer ${helper.bearer}` } });
}

export async function postWithBearer(
  helper: { port: number; bearer: string },
  path: string,
  body: unknown,
): Promise<Answer> {
  return await ask(helper, path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${helper.bearer}`, ...JSON_TYPE },
    body: JSON.stringify(body),
  });
}

/** Reads server-sent events one by one. */
export async function* eventsOf(
  helper: { url: string; bearer: string },
  path: string,
  signal: AbortSignal,
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape
): AsyncGenerator<{ event: string; data: any }> {
  const response = await fetch(helper.url + path, { signal, headers: { Authorization: `Bearer ${helper.bearer}` } });
  if (!response.ok || response.body === null) throw new Error(`${path} answered ${response.status}`);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const event = /^event: (.*)$/m.exec(block)?.[1];
      if (event !== undefined) yield { event, data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null') };
    }
  }
}
