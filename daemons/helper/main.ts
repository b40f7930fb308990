/** `helper`: the "Run locally" helper of the local stack (docs/helper.md). */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runDaemon } from '../protocol/daemonLifetime.ts';
import { daemonLog } from '../protocol/daemonLog.ts';
import { GrafosError } from '../protocol/grafosError.ts';
import type { HelperOptions } from './startHelper.ts';
import { startHelper } from './startHelper.ts';

const log = daemonLog('helper');

const { values } = parseArgs({
  options: {
    bind: { type: 'string', default: '127.0.0.1:0' },
    project: { type: 'string' },
    scheduler: { type: 'string' },
    'cell-id': { type: 'string' },
    ca: { type: 'string' },
    cert: { type: 'string' },
    key: { type: 'string' },
    'bearer-file': { type: 'string' },
    'allow-origin': { type: 'string', multiple: true, default: [] },
    lifeline: { type: 'boolean', default: false },
    'state-file': { type: 'string' },
  },
  // Wrong usage is told on the ready line like every other failure, not as a stack trace.
  strict: false,
});

await runDaemon({ lifeline: values.lifeline === true, stateFile: text('state-file'), log }, async () =>
  startHelper(await readOptions()),
);

async function readOptions(): Promise<HelperOptions> {
  const bind = /^127\.0\.0\.1:(\d{1,5})$/.exec(required('bind'));
  const port = Number(bind?.[1]);
  if (bind === null || port > 65_535) {
    throw usage('--bind must be 127.0.0.1:PORT', 'the helper speaks plain HTTP, so it stays on the loopback address');
  }
  const schedulerUrl = required('scheduler');
  const cellId = required('cell-id');
  const [caPem, certPem, keyPem] = await Promise.all([readPem('ca'), readPem('cert'), readPem('key')]);
  return {
    port,
    projectDir: resolve(required('project')),
    cellId,
    bearerFile: resolve(required('bearer-file')),
    allowedOrigins: (values['allow-origin'] ?? []).map((origin) => readOrigin(String(origin))),
    log,
    async connect() {
      // Loaded on first use: it is most of the code, and the helper's start waits for none of it.
      const { connectScheduler } = await import('../protocol/schedulerClient.ts');
      return await connectScheduler({ url: schedulerUrl, caPem, certPem, keyPem, cellId });
    },
  };
}

function text(name: keyof typeof values): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

function required(name: keyof typeof values): string {
  const value = text(name);
  if (value === undefined || value === '')
    throw usage(`--${String(name)} is missing`, 'the helper is started by `grafos dev up`');
  return value;
}

async function readPem(name: 'ca' | 'cert' | 'key'): Promise<string> {
  const file = required(name);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new GrafosError('usage', 'trust_not_readable', `cannot read the file given by --${name}`, {
      why: error instanceof Error ? error.message : String(error),
      next: 'run `grafos dev up`, which writes the trust files anew',
      cause: error,
    });
  }
}

/** An origin exactly as a browser sends it (RFC 6454, section 6.2), so that the comparison can be exact. */
function readOrigin(value: string): string {
  if (URL.canParse(value) && new URL(value).origin === value && /^https?:/.test(value)) return value;
  throw usage(`--allow-origin ${value} is not an origin`, 'it must be like https://example.org: no path, no wildcard');
}

function usage(what: string, why: string): GrafosError {
  return new GrafosError('usage', 'bad_arguments', what, { why });
}
