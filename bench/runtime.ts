import { createHash } from 'node:crypto';
import wabt from 'wabt';
import { defaultWorkers } from '../daemons/fabricbiosd/pool/defaultWorkers.ts';
import type { RunJob } from '../daemons/fabricbiosd/pool/runJob.ts';
import { createRuntime } from '../daemons/fabricbiosd/pool/runtime.ts';
import { percentile } from '../test/helpers/measure.ts';

export interface RuntimeBench {
  /** One client: milliseconds from submit to outcome. */
  p50_ms: number;
  p99_ms: number;
  /** Medians of the rounds, runs per second. */
  runs_per_second_1: number;
  runs_per_second_32: number;
  /** Milliseconds of a module's first run in a warm worker: checked, metered, compiled, run. */
  first_run_ms: number;
}

const RUNS = 1_000;

/** Reads its input, writes it back, logs nothing: what a hello tasklet does. */
const HELLO = `(module
  (import "grafos_tasklet_v0" "blob_read" (func $blob_read (param i32 i32 i32 i32) (result i32)))
  (import "grafos_tasklet_v0" "output_write" (func $output_write (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_grafos_tasklet_init") (param i32 i32))
  (func (export "_grafos_tasklet_run") (param i32 i32) (result i32)
    (drop (call $blob_read (local.get 0) (i32.const 0) (i32.const 0) (local.get 1)))
    (call $output_write (i32.const 0) (local.get 1)))
  (func (export "_grafos_tasklet_finalize")))`;

/**
 * Hello runs through the tasklet runtime alone: no network, no lease, no scheduler.
 *
 * @param workerUrl the worker as it is shipped
 * @param rounds of {@link RUNS} runs, by one client and by 32
 */
export async function benchRuntime(workerUrl: URL, rounds: number): Promise<RuntimeBench> {
  const log = { info() {}, warn() {}, error() {} };
  const trialUrls = { main: new URL('trialMain.js', workerUrl), thread: new URL('trialThread.js', workerUrl) };
  const runtime = createRuntime({
    workers: defaultWorkers(),
    memPool: new SharedArrayBuffer(0),
    workerUrl,
    trialUrls,
    log,
  });
  try {
    const { parseWat } = await wabt();
    const put = async (text: string) => {
      const module = new Uint8Array(parseWat('hello.wat', text).toBinary({}).buffer);
      const hash = createHash('sha256').update(module).digest('hex');
      await runtime.putModule(hash, module);
      return hash;
    };
    let sha256 = await put(HELLO);
    let runs = 0;
    const on = { running() {}, log() {} };
    const hello = async () => {
      const job: RunJob = {
        run_id: `bench-${++runs}`,
        tenant: 'bench',
        module_sha256: sha256,
        context: Buffer.from('{"tasklet":"hello"}'),
        input: Buffer.from('hello'),
        fuel: 500_000,
        linear_memory_bytes: 32 * 1024 * 1024,
        timeout_ms: 30_000,
        seed: '00'.repeat(32),
        start_unix_nanos: '1700000000000000000',
        lease: null,
      };
      const outcome = await runtime.submit(job, on);
      if (outcome.state !== 'succeeded') throw new Error(`a hello run failed: ${outcome.error?.message}`);
    };
    for (let i = 0; i < RUNS; i++) await hello();
    sha256 = await put(HELLO.replace('"memory") 1', '"memory") 2'));
    const first = await timed(hello);
    const single: number[] = [];
    const rate1: number[] = [];
    const rate32: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      for (let i = 0; i < RUNS; i++) single.push(await timed(hello));
      rate1.push((RUNS * 1000) / (performance.now() - start));
      let left = RUNS;
      const client = async () => {
        while (left-- > 0) await hello();
      };
      const took = await timed(async () => {
        await Promise.all(Array.from({ length: 32 }, client));
      });
      rate32.push((RUNS * 1000) / took);
    }
    return {
      p50_ms: percentile(single, 0.5),
      p99_ms: percentile(single, 0.99),
      runs_per_second_1: percentile(rate1, 0.5),
      runs_per_second_32: percentile(rate32, 0.5),
      first_run_ms: first,
    };
  } finally {
    await runtime.stop();
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
