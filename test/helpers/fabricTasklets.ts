import { createHash, randomUUID } from 'node:crypto';
import { LIMITS } from '../../base/limits.ts';
import type { FabricClient } from '../../daemons/fabric/fabricClient.ts';
import type { TaskletOutcome, TaskletSubmit } from '../../daemons/wire/fabricControl.ts';
import { compileWat } from './compileWat.ts';

/** Bodies of the tasklets of a fabric test: $in is the handle of the input, $len its length. */
const BODIES = {
  /** Writes its input as its output. */
  echo: '(drop (call $blob (local.get $in) (i32.const 0) (i32.const 64) (local.get $len))) (drop (call $output (i32.const 64) (local.get $len))) (i32.const 0)',
  /** Writes its init context as its output. */
  context: '(drop (call $output (i32.const 64) (global.get $ctxLength))) (i32.const 0)',
  /** Writes its input to the start of its fabric memory; returns the host status. */
  remember:
    '(drop (call $blob (local.get $in) (i32.const 0) (i32.const 64) (local.get $len))) (call $write (i64.const 0) (i32.const 64) (local.get $len))',
  /**
   * Goes on until its fabric memory is taken from it, writing "!" at offset 7; returns the host
   * status.
   */
  holdOn:
    '(local $status i32) (i32.store8 (i32.const 64) (i32.const 33)) (loop $again (local.set $status (call $write (i64.const 7) (i32.const 64) (i32.const 1))) (br_if $again (i32.eqz (local.get $status)))) (local.get $status)',
  endless: '(loop $again (br $again)) (i32.const 0)',
} as const;

export type FabricTasklet = keyof typeof BODIES;

function wat(body: string, pages: number): string {
  return `(module
  (import "grafos_tasklet_v0" "blob_read" (func $blob (param i32 i32 i32 i32) (result i32)))
  (import "grafos_tasklet_v0" "output_write" (func $output (param i32 i32) (result i32)))
  (import "fabricbios_fbmu_v0" "fbmu_write" (func $write (param i64 i32 i32) (result i32)))
  (memory (export "memory") ${pages})
  (global $ctxLength (mut i32) (i32.const 0))
  (func (export "_grafos_tasklet_init") (param $ctx i32) (param $len i32)
    (global.set $ctxLength (local.get $len))
    (drop (call $blob (local.get $ctx) (i32.const 0) (i32.const 64) (local.get $len))))
  (func (export "_grafos_tasklet_run") (param $in i32) (param $len i32) (result i32) ${body})
  (func (export "_grafos_tasklet_finalize")))`;
}

export interface Module {
  sha256: string;
  bytes: Uint8Array;
}

/** A tasklet with room for an input of `pages` pages of 64 KiB, less 64 bytes. */
export function fabricTasklet(name: FabricTasklet, pages = 1): Module {
  const bytes = compileWat(wat(BODIES[name], pages));
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

export async function putModule(client: FabricClient, module: Module): Promise<void> {
  await client.request('module.put', { module_sha256: module.sha256, bytes: client.bytesOut(module.bytes) });
}

/** The request for a run; fields that matter to a test are given by it. */
export function submission(
  client: FabricClient,
  module: Module,
  input: Uint8Array,
  fields: Partial<TaskletSubmit> = {},
): TaskletSubmit {
  return {
    run_id: `run-${randomUUID()}`,
    tenant: 'dev-tenant',
    program: 'program',
    tasklet: 'tasklet',
    version: '0.1.0',
    module_sha256: module.sha256,
    input: client.bytesOut(input),
    mem_bytes: 0,
    fuel: LIMITS.fuelMax,
    linear_memory_bytes: 32 * 1024 * 1024,
    timeout_ms: 30_000,
    hold_ms: 0,
    seed: '0'.repeat(64),
    start_unix_nanos: '1700000000000000000',
    ...fields,
  };
}

export async function run(
  client: FabricClient,
  module: Module,
  input: Uint8Array,
  fields: Partial<TaskletSubmit> = {},
): Promise<Omit<TaskletOutcome, 'log'> & { bytes: Uint8Array; log: string }> {
  const outcome = await client.request('tasklet.submit', submission(client, module, input, fields));
  const [bytes, log] = await Promise.all([client.bytesIn(outcome.output), client.bytesIn(outcome.log)]);
  return { ...outcome, bytes, log: Buffer.from(log).toString() };
}
