/**
 * Makes a cell in a real account, runs a tasklet on it and here, renews it, and destroys it. It
 * costs money, so it does nothing without `--it-costs-money`.
 *
 *     node scripts/realClouds.ts aws|gcp --region REGION --it-costs-money [--record FILE]
 *
 * The calls and their answers are recorded for the fake cloud of the tests
 * (docs/internals/real-clouds.md). The cell is destroyed also when a step fails.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const FLAG = '--it-costs-money';
const MINUTE = 60_000;

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

/** Runs the built command, and gives its JSON. A failed one is thrown with what it said. */
async function grafos<Value>(cwd: string, record: string, ...args: string[]): Promise<Value> {
  process.stderr.write(`grafos ${args.join(' ')}\n`);
  const began = Date.now();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', join(import.meta.dirname, 'recordCalls.ts'), join(root, 'bin/grafos.cjs'), ...args, '--json'],
    { cwd, env: { ...process.env, GRAFOS_RECORD_CALLS: record }, timeout: 30 * MINUTE, maxBuffer: 64 * 1024 * 1024 },
  );
  process.stderr.write(`  ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
  return JSON.parse(stdout) as Value;
}

async function scenario({ provider, region, record }: Given, cwd: string, name: string): Promise<void> {
  const run = <Value>(...args: string[]) => grafos<Value>(cwd, record, ...args);
  const where = region === undefined ? [] : ['--region', region];
  const cell = [provider, '--name', name];
  const plan = await run<{ resources: object[] }>('cloud', 'provision', ...cell, ...where, '--plan');
  assert.ok(plan.resources.length >= 5);
  try {
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
    await run('cloud', 'renew', ...cell);
    const [status] = await run<Array<{ healthy: boolean; next: string | null }>>('cloud', 'status');
    assert.deepEqual([status?.healthy, status?.next], [true, null]);
  } finally {
    const { left } = await run<{ left: object[] }>('cloud', 'destroy', ...cell, ...where, '--force', '--yes');
    await run('dev', 'down').catch(() => {});
    assert.deepEqual(left, [], 'nothing is left');
  }
  const cells = await run<Array<{ name: string }>>('cloud', 'list', provider, ...where);
  assert.ok(!cells.some((one) => one.name === name));
}

const given = readArguments();
const folder = await mkdtemp(join(tmpdir(), 'grafos-real-'));
try {
  await cp(join(root, 'cookbook/local-dev'), folder, { recursive: true });
  await scenario(given, folder, `try-${Date.now().toString(36).slice(-6)}`);
  process.stdout.write(`All steps passed at ${given.provider}. The calls are in ${given.record}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
