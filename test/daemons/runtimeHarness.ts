import { createHash } from 'node:crypto';
import type { RunJob, RunJobOutcome, RunListener } from '../../daemons/fabricbiosd/pool/runJob.ts';
import { createRuntime, type Runtime, type RuntimeOptions } from '../../daemons/fabricbiosd/pool/runtime.ts';
import { compileWat } from '../helpers/compileWat.ts';

export const workerUrl = new URL('../../daemons/fabricbiosd/worker/runWorker.ts', import.meta.url);
export const trialUrls = {
  main: new URL('../../daemons/fabricbiosd/trial/trialMain.ts', import.meta.url),
  thread: new URL('../../daemons/fabricbiosd/trial/trialThread.ts', import.meta.url),
};

/** Every import of the profile, to be called by its short name. */
export const IMPORTS = `
  (import "grafos_tasklet_v0" "blob_read" (func $blob_read (param i32 i32 i32 i32) (result i32)))
  (import "grafos_tasklet_v0" "output_write" (func $output_write (param i32 i32) (result i32)))
  (import "grafos_tasklet_v0" "fail" (func $fail (param i32 i32)))
  (import "grafos_tasklet_v0" "clock_unix_nanos" (func $clock (result i64)))
  (import "grafos_tasklet_v0" "random_fill" (func $random_fill (param i32 i32)))
  (import "grafos_tasklet_v0" "log" (func $log (param i32 i32 i32)))
  (import "fabricbios_fbmu_v0" "fbmu_hello" (func $fbmu_hello (result i64)))
  (import "fabricbios_fbmu_v0" "fbmu_read" (func $fbmu_read (param i64 i32 i32) (result i32)))
  (import "fabricbios_fbmu_v0" "fbmu_write" (func $fbmu_write (param i64 i32 i32) (result i32)))
  (import "fabricbios_fbbu_v0" "fbbu_hello" (func $fbbu_hello (result i64)))
  (import "fabricbios_fbbu_v0" "fbbu_read" (func $fbbu_read (param i64 i32 i32) (result i32)))
  (import "fabricbios_fbbu_v0" "fbbu_write" (func $fbbu_write (param i64 i32 i32) (result i32)))
  (import "fabricbios_fbbu_v0" "fbbu_read_block" (func $fbbu_read_block (param i64 i32) (result i32)))
  (import "fabricbios_fbbu_v0" "fbbu_write_block" (func $fbbu_write_block (param i64 i32) (result i32)))
  (import "fabricbios_fbbu_v0" "fbbu_read_block_lease" (func $fbbu_read_block_lease (param i32 i64 i32) (result i32)))
  (import "fabricbios_fbbu_v0" "fbbu_alloc" (func $fbbu_alloc (param i64 i64 i32) (result i32)))
  (import "fabricbios_fbbu_v0" "fbbu_free" (func $fbbu_free (param i32) (result i32)))
  (import "fabricbios_fbbu_v0" "fbbu_query" (func $fbbu_query (param i32 i32 i32) (result i32)))
  (import "fabricbios_fbbu_v0" "fbbu_renew" (func $fbbu_renew (param i32 i64) (result i64)))
  (import "fabricbios_fbbu_v0" "fbbu_get_num_blocks" (func $fbbu_get_num_blocks (result i64)))`;

export interface TaskletParts {
  /** Pages of the memory, "min" or "min max". */
  memory?: string;
  /** Instructions of init, run (which must leave an i32) and finalize. */
  init?: string;
  run?: string;
  finalize?: string;
  /** Anything else the module has. */
  more?: string;
}

/**
 * A tasklet from the bodies of its functions. In `run`, `$i` and `$n` are i32 locals;
 * `(call $answer32 …)` and `(call $answer64 …)` write a number to the output, little-endian.
 */
export function tasklet(parts: TaskletParts): Uint8Array {
  const { memory = '1', init = '', run = '(i32.const 0)', finalize = '', more = '' } = parts;
  return compileWat(`(module ${IMPORTS}
    (memory (export "memory") ${memory})
    ${more}
    (func $answer32 (param i32)
      (i32.store (i32.const 65528) (local.get 0))
      (drop (call $output_write (i32.const 65528) (i32.const 4))))
    (func $answer64 (param i64)
      (i64.store (i32.const 65528) (local.get 0))
      (drop (call $output_write (i32.const 65528) (i32.const 8))))
    (func (export "_grafos_tasklet_init") (param $ctx i32) (param $ctx_len i32) ${init})
    (func (export "_grafos_tasklet_run") (param $input i32) (param $input_len i32) (result i32)
      (local $i i32) (local $n i32) ${run})
    (func (export "_grafos_tasklet_finalize") ${finalize}))`);
}

const quiet = { info() {}, warn() {}, error() {} };
const nobody: RunListener = { running() {}, log() {} };

export interface Cell {
  runtime: Runtime;
  pool: SharedArrayBuffer;
  /** Puts the module and submits one run of it. */
  run(module: Uint8Array, job?: Partial<RunJob>, on?: Partial<RunListener>): Promise<RunJobOutcome>;
  put(module: Uint8Array): Promise<string>;
  job(moduleSha256: string, job?: Partial<RunJob>): RunJob;
}

let runs = 0;

export function startRuntime(options: Partial<RuntimeOptions> & { poolBytes?: number } = {}): Cell {
  const { poolBytes = 4096, ...more } = options;
  const pool = new SharedArrayBuffer(poolBytes);
  const runtime = createRuntime({ workers: 2, memPool: pool, workerUrl, trialUrls, log: quiet, ...more });
  const put = async (module: Uint8Array) => {
    const sha256 = createHash('sha256').update(module).digest('hex');
    if (!runtime.hasModule(sha256)) await runtime.putModule(sha256, module);
    return sha256;
  };
  const job = (moduleSha256: string, given: Partial<RunJob> = {}): RunJob => ({
    run_id: `run-${++runs}`,
    tenant: 'tenant',
    module_sha256: moduleSha256,
    context: Buffer.from('{"tasklet":"t"}'),
    input: Buffer.from('input'),
    fuel: 500_000,
    linear_memory_bytes: 1024 * 1024,
    timeout_ms: 30_000,
    seed: '0f'.repeat(32),
    start_unix_nanos: '1700000000000000000',
    lease: null,
    ...given,
  });
  return {
    runtime,
    pool,
    put,
    job,
    run: async (module, given, on) => runtime.submit(job(await put(module), given), { ...nobody, ...on }),
  };
}
