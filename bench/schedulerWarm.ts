/**
 * Warm runs through the tenant API of a running stack: latency at one client, throughput at 32. Prints, asserts nothing.
 * `node bench/schedulerWarm.ts [dev.json] [module.wasm]`; without arguments it starts a scheduler of its own before a cell that does nothing,
 * so that the figures are the scheduler's alone.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { DevState } from '../daemons/protocol/devState.ts';
import { connectScheduler, type SchedulerClient } from '../daemons/protocol/schedulerClient.ts';
import type { RunSubmit } from '../daemons/protocol/tenantApi.ts';
import { MODULE, startHarness } from '../test/daemons/schedulerHarness.ts';

const WARM_UP = 300;
const RUNS_ONE = 1_000;
const RUNS_MANY = 6_000;
const CLIENTS = 32;

const [stateFile, modulePath] = process.argv.slice(2);
const stack = stateFile === undefined ? await startHarness() : null;
const clients: SchedulerClient[] = [];
try {
  const module = modulePath === undefined ? MODULE : readFileSync(modulePath);
  const files = stack === null ? null : (await stack.tenant()).files;
  for (let at = 0; at < CLIENTS; at += 1) {
    clients.push(stack !== null && files !== null ? await stack.client(files) : await fromState(stateFile ?? ''));
  }
  const [first] = clients;
  if (first === undefined) throw new Error('no client');
  const module_sha256 = createHash('sha256').update(module).digest('hex');
  await first.putModule(module_sha256, module);
  const run: RunSubmit = {
    program: 'bench',
    tasklet: 'plain',
    version: '1.0.0',
    module_sha256,
    input_b64: Buffer.from('hello').toString('base64'),
    mem_bytes: 0,
    fuel: 500_000,
    linear_memory_bytes: 32 * 1024 * 1024,
    timeout_ms: 30_000,
  };
  const once = async (client: SchedulerClient): Promise<number> => {
    const begun = performance.now();
    const { state, response } = await client.submit(run, { waitMs: 30_000 });
    if (state !== 'succeeded') throw new Error(`a run ended ${state}: ${JSON.stringify(response?.error)}`);
    return performance.now() - begun;
  };
  for (let at = 0; at < WARM_UP; at += 1) await once(first);
  const times: number[] = [];
  for (let at = 0; at < RUNS_ONE; at += 1) times.push(await once(first));
  report('1 client', times, 1);

  await Promise.all(clients.map((client) => once(client)));
  const many: number[] = [];
  let left = RUNS_MANY;
  const begun = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (left > 0) {
        left -= 1;
        many.push(await once(client));
      }
    }),
  );
  report(`${CLIENTS} clients`, many, (performance.now() - begun) / many.reduce((sum, time) => sum + time, 0) || 1);
} finally {
  for (const client of clients) client.close();
  await stack?.close();
}

async function fromState(path: string): Promise<SchedulerClient> {
  const state: DevState = JSON.parse(readFileSync(path, 'utf8'));
  const pem = (file: string) => readFileSync(file, 'utf8');
  const { scheduler_url: url, cell_id: cellId } = state;
  return connectScheduler({
    url,
    cellId,
    caPem: pem(state.ca_cert),
    certPem: pem(state.tenant_cert),
    keyPem: pem(state.tenant_key),
  });
}

/** `share` is wall clock per millisecond of latency: 1 in turn, 1/32 when 32 overlap. */
function report(name: string, times: number[], share: number): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(2);
  const perSecond = 1000 / ((sorted.reduce((sum, time) => sum + time, 0) * share) / sorted.length);
  process.stdout.write(`${name}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${Math.round(perSecond)} runs/s\n`);
}
