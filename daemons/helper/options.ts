import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Told } from '../protocol/daemonLifetime.ts';
import { GrafosError } from '../protocol/grafosError.ts';
import { isAllowable } from './callerRules.ts';
import type { HelperOptions } from './startHelper.ts';

const FLAGS = {
  bind: { type: 'string', default: '127.0.0.1:0' },
  project: { type: 'string' },
  scheduler: { type: 'string' },
  'cell-id': { type: 'string' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  'bearer-file': { type: 'string' },
  'allow-origin': { type: 'string', multiple: true },
  'allow-host': { type: 'string', multiple: true },
  lifeline: { type: 'boolean', default: false },
  'state-file': { type: 'string' },
} as const;

type Needed = 'project' | 'scheduler' | 'cell-id' | 'ca' | 'cert' | 'key' | 'bearer-file';

/**
 * The helper's flags (docs/helper.md has them), with the trust files read.
 * @throws GrafosError `bad_flag`, `trust_not_readable`
 */
export async function helperOptions(argv: string[], told: Told): Promise<Omit<HelperOptions, 'log'>> {
  const flags = parse(argv);
  const needed = (name: Needed): string => {
    const value = flags[name];
    if (value === undefined || value === '') throw badFlag(`--${name} is missing`);
    return value;
  };
  const port = Number(/^127\.0\.0\.1:(\d{1,5})$/.exec(flags.bind)?.[1] ?? Number.NaN);
  if (!(port <= 65_535)) {
    throw badFlag(`--bind ${flags.bind} is not 127.0.0.1:PORT; the helper speaks plain HTTP, so it stays on loopback`);
  }
  const scheduler = needed('scheduler');
  if (scheduler !== 'lifeline' && !URL.canParse(scheduler)) throw badFlag(`--scheduler ${scheduler} is not a URL`);
  if (scheduler === 'lifeline' && !flags.lifeline) throw badFlag('--scheduler lifeline needs --lifeline');
  // A helper that starts beside the scheduler does not know its port yet. The URL then comes over
  // the lifeline.
  const url = scheduler === 'lifeline' ? told('scheduler') : Promise.resolve(scheduler);
  const cellId = needed('cell-id');
  const pem = async (name: 'ca' | 'cert' | 'key') => await readPem(name, needed(name));
  const [caPem, certPem, keyPem] = await Promise.all([pem('ca'), pem('cert'), pem('key')]);
  return {
    port,
    projectDir: resolve(needed('project')),
    cellId,
    bearerFile: resolve(needed('bearer-file')),
    allowedOrigins: (flags['allow-origin'] ?? []).map(checkOrigin),
    allowedHosts: (flags['allow-host'] ?? []).map(checkHost),
    async connect() {
      // Loaded on first use: it is most of the code, and the helper's start waits for none of it.
      const { connectScheduler } = await import('../protocol/schedulerClient.ts');
      return await connectScheduler({ url: await url, caPem, certPem, keyPem, cellId });
    },
  };
}

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw badFlag(error instanceof Error ? error.message : String(error));
  }
}

async function readPem(name: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new GrafosError('usage', 'trust_not_readable', `The file given by --${name} cannot be read.`, {
      why: error instanceof Error ? error.message : String(error),
      next: 'Run `grafos dev up`, which writes the trust files anew.',
      cause: error,
    });
  }
}

/**
 * Checks that an origin is exactly what a browser sends (RFC 6454, section 6.2), so that the
 * comparison can be exact.
 */
function checkOrigin(value: string): string {
  if (/^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value) return value;
  throw badFlag(`--allow-origin ${value} is not an origin such as https://example.org: no path, no wildcard`);
}

function checkHost(value: string): string {
  if (isAllowable(value)) return value;
  throw badFlag(
    `--allow-host ${value} is not a host such as name.example.dev:8080: lower case, no scheme, no wildcard`,
  );
}

function badFlag(why: string): GrafosError {
  return new GrafosError('usage', 'bad_flag', 'The helper cannot start with these flags.', {
    why,
    next: 'It is started by `grafos dev up`; its flags are in docs/helper.md.',
  });
}
