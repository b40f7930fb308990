import { createHash } from 'node:crypto';
import { defaultWorkers } from '../daemons/fabricbiosd/pool/defaultWorkers.ts';
import type { RunJob } from '../daemons/fabricbiosd/pool/runJob.ts';
import { createRuntime, type Runtime } from '../daemons/fabricbiosd/pool/runtime.ts';
import { percentile } from '../test/helpers/measure.ts';
import { expensiveModule } from '../test/hostile/expensiveCode.ts';
import { hello } from '../test/hostile/submitCase.ts';

/** Modules that the attacker has compiled at one time. */
const AT_ONCE = 4;

/** Duration of each measurement, milliseconds. */
const MEASURED_MS = 5_000;

/**
 * Modules that pass the estimate, and modules that need a trial. The attacker takes them in turn.
 */
const HOSTILE: ReadonlyArray<() => Uint8Array> = [
  () => expensiveModule('ifs one after another', 9_500),
  () => expensiveModule('branches to one end', 14_000),
  () => expensiveModule('ifs one after another', 58_000, 100),
  () => expensiveModule('loops that go round', 3_900),
];

const ON = { running() {}, log() {} };

/** Milliseconds from submit to outcome of modules that nobody ran before. */
export interface NewModules {
  calm: number[];
  attacked: number[];
  /** Modules of the attacker that were compiled meanwhile. */
  hostile: number;
}

/**
 * Measures a tenant that runs a new hello each time, on a cell where another tenant has hostile
 * modules compiled without end.
 */
export async function benchNewModules(workerUrl: URL): Promise<NewModules> {
  const trialUrls = { main: new URL('trialMain.js', workerUrl), thread: new URL('trialThread.js', workerUrl) };
  const log = { info() {}, warn() {}, error() {} };
  const runtime = createRuntime({
    workers: defaultWorkers(),
    memPool: new SharedArrayBuffer(0),
    workerUrl,
    trialUrls,
    log,
  });
  try {
    const bytes = hello();
    const measure = async () => {
      const taken: number[] = [];
      for (const until = performance.now() + MEASURED_MS; performance.now() < until; ) {
        const begun = performance.now();
        await runFresh(runtime, 'neighbour', bytes);
        taken.push(performance.now() - begun);
      }
      return taken;
    };
    await measure();
    const calm = await measure();
    let goesOn = true;
    let hostile = 0;
    const modules = HOSTILE.map((make) => make());
    const attackers = Array.from({ length: AT_ONCE }, async () => {
      while (goesOn) {
        await runFresh(runtime, 'attacker', modules[hostile++ % modules.length] as Uint8Array);
      }
    });
    const attacked = await measure();
    goesOn = false;
    await Promise.all(attackers);
    return { calm, attacked, hostile };
  } finally {
    await runtime.stop();
  }
}

export function newModuleRow(name: string, taken: number[], calm: number[]): string[] {
  const [p50, p99] = [percentile(taken, 0.5), percentile(taken, 0.99)];
  return [name, String(taken.length), p50.toFixed(1), p99.toFixed(1), (p99 - percentile(calm, 0.5)).toFixed(1)];
}

let runs = 0;

/** Runs a module with a custom section that makes it another one. */
async function runFresh(runtime: Runtime, tenant: string, bytes: Uint8Array): Promise<void> {
  const number = ++runs;
  const mark = Buffer.from(String(number).padStart(8, '0'));
  const module = Buffer.concat([bytes, Buffer.from([0, 10, 1, 0x6e]), mark]);
  const module_sha256 = createHash('sha256').update(module).digest('hex');
  await runtime.putModule(module_sha256, module);
  const job: RunJob = {
    run_id: `new-${number}`,
    tenant,
    module_sha256,
    context: Buffer.from('{}'),
    input: Buffer.from('input'),
    fuel: 500_000,
    linear_memory_bytes: 1024 * 1024,
    timeout_ms: 1_000,
    seed: '00'.repeat(32),
    start_unix_nanos: '1700000000000000000',
    lease: null,
  };
  await runtime.submit(job, ON);
}
