import { createHash } from 'node:crypto';
import type { FabricClient } from '../../daemons/fabric/fabricClient.ts';
import { compileWat } from './compileWat.ts';
import { type Module, putModule, run } from './fabricTasklets.ts';

export interface SoakOptions {
  client: FabricClient;
  runs: number;
  /** Runs under way at one time. */
  clients: number;
  /** Called a hundred times, in even distances, with the latencies so far. */
  onProgress(done: number, took: Float64Array): void;
}

export interface SoakResult {
  /** The faults, at most ten of them. */
  wrong: string[];
  wrongs: number;
  /** Fuel of each kind of run. */
  fuels: Map<string, number>;
  /** Milliseconds of each run, in the order of their ends. */
  took: Float64Array;
}

const PAGE = 65_536;

/**
 * Checks that every memory, global, table and fabric memory is as at first, and then fills all of
 * it with ones. The answer is "clean", or the code of the first fault.
 */
const CLEAN = `(module
  (import "grafos_tasklet_v0" "output_write" (func $output (param i32 i32) (result i32)))
  (import "fabricbios_fbmu_v0" "fbmu_read" (func $read (param i64 i32 i32) (result i32)))
  (import "fabricbios_fbmu_v0" "fbmu_write" (func $write (param i64 i32 i32) (result i32)))
  (memory (export "memory") 2 64)
  (table $table 4 16 funcref)
  (elem declare func $filled)
  (global $global (mut i64) (i64.const 0))
  (func $filled)
  (func (export "_grafos_tasklet_init") (param i32 i32))
  (func (export "_grafos_tasklet_run") (param $in i32) (param $len i32) (result i32)
    (local $at i32)
    (loop $next
      (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (return (i32.const 1))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 512))) (i32.const ${2 * PAGE}))))
    (if (i64.ne (global.get $global) (i64.const 0)) (then (return (i32.const 2))))
    (if (i32.eqz (ref.is_null (table.get $table (i32.const 3)))) (then (return (i32.const 3))))
    (if (i32.ne (memory.size) (i32.const 2)) (then (return (i32.const 4))))
    (if (i32.ne (call $read (i64.const 0) (i32.const 0) (i32.const 4096)) (i32.const 0)) (then (return (i32.const 5))))
    (if (i64.ne (i64.load (i32.const 8)) (i64.const 0)) (then (return (i32.const 6))))
    (memory.fill (i32.const 0) (i32.const 255) (i32.const ${2 * PAGE}))
    (global.set $global (i64.const -1))
    (table.set $table (i32.const 3) (ref.func $filled))
    (if (i32.ne (call $write (i64.const 0) (i32.const 0) (i32.const 4096)) (i32.const 0)) (then (return (i32.const 7))))
    (i32.store (i32.const 0) (i32.const 0x61656c63)) (i32.store8 (i32.const 4) (i32.const 0x6e))
    (call $output (i32.const 0) (i32.const 5)))
  (func (export "_grafos_tasklet_finalize")))`;

const imports = `
  (import "grafos_tasklet_v0" "blob_read" (func $blob (param i32 i32 i32 i32) (result i32)))
  (import "grafos_tasklet_v0" "output_write" (func $output (param i32 i32) (result i32)))
  (import "grafos_tasklet_v0" "fail" (func $fail (param i32 i32)))
  (import "grafos_tasklet_v0" "random_fill" (func $random (param i32 i32)))
  (import "grafos_tasklet_v0" "log" (func $log (param i32 i32 i32)))`;

/** Part of the data of every module. A changed mark makes another module. */
const MARK = 'mark 000000000';

const tasklet = (body: string) => `(module ${imports}
  (memory (export "memory") 1 64)
  (data (i32.const 65000) "no_luck") (data (i32.const 65100) "${MARK}")
  (func (export "_grafos_tasklet_init") (param i32 i32))
  (func $run (export "_grafos_tasklet_run") (param $in i32) (param $len i32) (result i32) ${body})
  (func (export "_grafos_tasklet_finalize")))`;

/** Reads its input, says it in the log and in its output. */
const ECHO = `(drop (call $blob (local.get $in) (i32.const 0) (i32.const 0) (local.get $len)))
  (call $log (i32.const 2) (i32.const 0) (local.get $len))
  (call $output (i32.const 0) (local.get $len))`;

export interface Kind {
  wat: string;
  fuel?: number;
  mem?: number;
  /** The result that a run with this input must give. Its fuel must be the same each time. */
  expected(input: Buffer): { error?: string; output?: Buffer | string; log?: string; peak: number };
}

/** Ends of every kind; what one leaves behind the next would find. */
export const KINDS: Record<string, Kind> = {
  echo: {
    wat: tasklet(ECHO),
    expected: (input) => ({ output: input, log: `info  ${input}\n`, peak: PAGE }),
  },
  clean: { wat: CLEAN, mem: 4096, expected: () => ({ output: 'clean', peak: 2 * PAGE }) },
  random: {
    wat: tasklet('(call $random (i32.const 0) (i32.const 8)) (call $output (i32.const 0) (i32.const 8))'),
    // AES-256-CTR of zeros under the key of zeros (NIST's known answer for GFSbox has the same
    // key).
    expected: () => ({ output: Buffer.from('dc95c078a2408989', 'hex'), peak: PAGE }),
  },
  grows: {
    wat: tasklet(`(if (i32.ne (memory.grow (i32.const 3)) (i32.const 1)) (then (return (i32.const 1))))
      (if (i64.ne (i64.load (i32.const 200000)) (i64.const 0)) (then (return (i32.const 2))))
      (memory.fill (i32.const 65536) (i32.const 255) (i32.const ${3 * PAGE})) (i32.const 0)`),
    expected: () => ({ peak: 4 * PAGE }),
  },
  fails: {
    wat: tasklet('(call $fail (i32.const 65000) (i32.const 7)) (i32.const 3)'),
    expected: () => ({ error: 'tasklet_failed no_luck 3', peak: PAGE }),
  },
  traps: {
    wat: tasklet('(memory.fill (i32.const 0) (i32.const 255) (i32.const 60000)) (i32.load (i32.const 65535))'),
    expected: () => ({ error: 'trap_memory_out_of_bounds', peak: PAGE }),
  },
  exhausts: {
    wat: tasklet('(loop $on (br $on)) (i32.const 0)'),
    fuel: 5_000,
    expected: () => ({ error: 'fuel_exhausted', peak: PAGE }),
  },
  deep: {
    wat: tasklet('(call $run (local.get 0) (local.get 1))'),
    expected: () => ({ error: 'trap_call_stack_exhausted', peak: PAGE }),
  },
};

/**
 * Number of runs between two with a new module. The caches of a cell fill within 52 000 runs, and
 * must give modules up again.
 */
const NEW_MODULE_EVERY = 50;

/**
 * Runs tasklets of every kind of end, one after another and some at a time, and compares every
 * outcome with the expected one.
 */
export async function soak({ client, runs, clients, onProgress }: SoakOptions): Promise<SoakResult> {
  const made = Object.entries(KINDS).map(([name, kind]) => ({ name, ...kind, module: module(compileWat(kind.wat)) }));
  for (const { module } of made) await putModule(client, module);
  const echo = made[0]?.module.bytes ?? new Uint8Array();
  const fuels = new Map<string, number>();
  const took = new Float64Array(runs);
  const wrong: string[] = [];
  let wrongs = 0;
  let begun = 0;
  let done = 0;

  const one = async (number: number) => {
    const kind = made[number % made.length];
    if (kind === undefined) return;
    let ran = kind.module;
    if (number % NEW_MODULE_EVERY === 0) {
      ran = marked(echo, number);
      await putModule(client, ran);
    }
    const isNew = ran !== kind.module;
    const { expected, fuel = 1_000_000, mem = 0 } = isNew ? (KINDS.echo as Kind) : kind;
    const input = Buffer.from(`run ${String(number).padStart(9, '0')}`);
    const start = performance.now();
    const outcome = await run(client, ran, input, {
      fuel,
      mem_bytes: mem,
      linear_memory_bytes: 64 * PAGE,
      run_id: `soak-${number}`,
    });
    took[done] = performance.now() - start;
    const { error } = outcome;
    const name = isNew ? 'echo' : kind.name;
    const usual = fuels.get(name) ?? outcome.fuel_used;
    fuels.set(name, usual);
    const want = expected(input);
    const compared = [
      [
        'error',
        error === null ? undefined : [error.code, error.label, error.exit_code].filter(Boolean).join(' '),
        want.error,
      ],
      ['output', Buffer.from(outcome.bytes).toString('hex'), Buffer.from(want.output ?? '').toString('hex')],
      ['log', outcome.log, want.log ?? ''],
      ['linear_memory_peak', outcome.linear_memory_peak, want.peak],
      ['fuel_used', outcome.fuel_used, usual],
    ];
    for (const [what, actual, wanted] of compared) {
      if (actual === wanted) continue;
      wrongs++;
      if (wrong.length < 10) wrong.push(`run ${number} (${name}): ${what} ${actual}, not ${wanted}`);
    }
  };
  const stretch = Math.max(1, Math.floor(runs / 100));
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (begun < runs) {
        await one(begun++);
        if (++done % stretch === 0) onProgress(done, took);
      }
    }),
  );
  return { wrong, wrongs, fuels, took };
}

function marked(bytes: Uint8Array, number: number): Module {
  const copy = Buffer.from(bytes);
  copy.write(String(number).padStart(9, '0'), copy.indexOf(MARK) + MARK.length - 9, 'latin1');
  return module(copy);
}

function module(bytes: Uint8Array): Module {
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
