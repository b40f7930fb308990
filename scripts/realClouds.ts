/**
 * Makes a cell in a real account, runs a tasklet on it and here, renews it, and destroys it. It
 * costs money, so it does nothing without `--it-costs-money`.
 *
 *     node scripts/realClouds.ts aws|gcp --region REGION --it-costs-money [--record FILE]
 *
 * The calls and their answers are recorded for the fake cloud of the tests
 * (docs/internals/real-clouds.md). The cell is destroyed also when a step fails, and after Ctrl-C.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { CloudCellStatus } from '../toolchain/cloud/cloudStatus.ts';

const root = resolve(import.meta.dirname, '..');
const FLAG = '--it-costs-money';
const MINUTE = 60_000;
/** Time in which a cell with new certificates is whole again, milliseconds. */
const WHOLE_MS = 2 * MINUTE;

interface Given {
  provider: 'aws' | 'gcp';
  region: string | undefined;
  record: string;
}

function readArguments(): Given {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { region: { type: 'string' }, record: { type: 'string' }, 'it-costs-money': { type: 'boolean' } },
  });
  const [provider] = positionals;
  if (provider !== 'aws' && provider !== 'gcp') throw new Error('Name a cloud: aws or gcp.');
  if (values['it-costs-money'] !== true) throw new Error(`This makes a machine that costs money. Say so: ${FLAG}`);
  const record = resolve(values.record ?? `real-${provider}-${new Date().toISOString().slice(0, 10)}.jsonl`);
  return { provider, region: values.region, record };
}

interface Ended {
  code: number | null;
  stdout: string;
}

/**
 * Runs the built command with `--json`.
 *
 * It has a process group of its own: Ctrl-C reaches it through the signal, and not twice.
 */
async function grafos({ record }: Given, cwd: string, args: string[], signal?: AbortSignal): Promise<Ended> {
  process.stderr.write(`grafos ${args.join(' ')}\n`);
  const began = Date.now();
  const bounded = AbortSignal.any([AbortSignal.timeout(30 * MINUTE), ...(signal === undefined ? [] : [signal])]);
  const recorder = join(import.meta.dirname, 'recordCalls.ts');
  const child = spawn(process.execPath, ['--import', recorder, join(root, 'bin/grafos.cjs'), ...args, '--json'], {
    cwd,
    env: { ...process.env, GRAFOS_RECORD_CALLS: record },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: process.platform !== 'win32',
  });
  const end = () => child.kill('SIGINT');
  bounded.addEventListener('abort', end, { once: true });
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  bounded.removeEventListener('abort', end);
  process.stderr.write(`  ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
  signal?.throwIfAborted();
  return { code, stdout };
}

async function scenario(given: Given, cwd: string, name: string, signal: AbortSignal): Promise<void> {
  const { provider, region } = given;
  const run = async <Value>(...args: string[]): Promise<Value> => done(args, await grafos(given, cwd, args, signal));
  const where = region === undefined ? [] : ['--region', region];
  const cell = [provider, '--name', name];
  const plan = await run<{ resources: object[] }>('cloud', 'provision', ...cell, ...where, '--plan');
  assert.ok(plan.resources.length >= 5);
  const made = await run<{ cell_id: string }>('cloud', 'provision', ...cell, ...where, '--yes');
  await run('cloud', 'provision', ...cell, ...where, '--yes');
  await run('tasklet', 'build');
  await run('dev', 'up');
  const deploy = (to: string) =>
    run<{ cell_id: string; output_sha256: string; fuel_used: number }>(
      ...['deploy', 'run', '--provider', to, '--input', 'grafos.toml', '--yes'],
    );
  const [here, there] = [await deploy('local'), await deploy(provider)];
  assert.equal(there.cell_id, made.cell_id);
  assert.deepEqual([there.output_sha256, there.fuel_used], [here.output_sha256, here.fuel_used]);
  const { not_after } = await run<{ not_after: string }>('cloud', 'renew', ...cell);
  // A part of the cell starts again for its new certificate: until then the command ends with 3.
  const status = async () =>
    JSON.parse((await grafos(given, cwd, ['cloud', 'status'], signal)).stdout) as CloudCellStatus[];
  let [seen] = await status();
  for (const until = Date.now() + WHOLE_MS; !seen?.healthy && Date.now() < until; [seen] = await status())
    await delay(1_000, undefined, { signal });
  assert.deepEqual([seen?.healthy, seen?.next, seen?.certificate_ends], [true, null, not_after]);
}

/** Removes all that the scenario made, and proves it. */
async function away(given: Given, cwd: string, name: string): Promise<void> {
  const { provider, region } = given;
  const run = async <Value>(...args: string[]): Promise<Value> => done(args, await grafos(given, cwd, args));
  const where = region === undefined ? [] : ['--region', region];
  await run('dev', 'down').catch((error: unknown) => process.stderr.write(`${error}\n`));
  const { left } = await run<{ left: object[] }>(
    ...['cloud', 'destroy', provider, '--name', name, ...where, '--force', '--yes'],
  );
  assert.deepEqual(left, [], 'nothing is left');
  const cells = await run<Array<{ name: string }>>('cloud', 'list', provider, ...where);
  assert.ok(!cells.some((one) => one.name === name), 'the cell is listed no more');
}

/** The JSON of a command that ended well. */
function done<Value>(args: string[], { code, stdout }: Ended): Value {
  if (code !== 0) throw new Error(`grafos ${args.join(' ')} ended with ${code}: ${stdout}`);
  return JSON.parse(stdout) as Value;
}

const given = readArguments();
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    process.stderr.write(`${signal}: the cell is destroyed first\n`);
    stop.abort();
  });
const folder = await mkdtemp(join(tmpdir(), 'grafos-real-'));
const name = `try-${Date.now().toString(36).slice(-6)}`;
try {
  await cp(join(root, 'cookbook/local-dev'), folder, { recursive: true });
  const errors: unknown[] = [];
  for (const work of [() => scenario(given, folder, name, stop.signal), () => away(given, folder, name)])
    await work().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors, `The run at ${given.provider} failed.`);
  process.stdout.write(`All steps passed at ${given.provider}. The calls are in ${given.record}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
