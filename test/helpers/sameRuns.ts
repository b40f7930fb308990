/** Prints the Node and V8 version, then a line for each of many runs: everything of their outcomes that must be the same on every engine. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createRuntime } from '../../daemons/fabricbiosd/runtime/runtime.ts';
import { loadProgram } from '../../program/loadProgram.ts';
import { compileAssemblyScript } from '../../toolchain/build/compileAssemblyScript.ts';
import { compileWat } from './compileWat.ts';
import { generateProgram } from './generateProgram.ts';
import { instantiateMetered } from './runMetered.ts';
import { WAT } from './watTasklets.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);
const GENERATED = 300;

const ENDINGS: Record<string, string> = {
  'memory growth refused': '(memory.grow (i32.const 60000)) (i32.const 1) i32.add',
  'division by zero': '(i32.div_s (i32.const 1) (local.get 0)) drop (i32.div_s (i32.const 1) (i32.const 0))',
  'integer overflow': '(i32.div_s (i32.const 0x80000000) (i32.const -1))',
  'invalid conversion': '(i32.trunc_f64_s (f64.const nan))',
  'out of bounds': '(i32.load (i32.const -4))',
  'out of bounds, fill': '(memory.fill (i32.const 1) (i32.const 0) (i32.const -1)) (i32.const 0)',
  'code 7': '(i32.const 7)',
};

say(`Node ${process.version}, V8 ${process.versions.v8}`);
const workerUrl = new URL('../../daemons/fabricbiosd/runtime/runWorker.ts', import.meta.url);
const runtime = createRuntime({
  memPool: new SharedArrayBuffer(65_536),
  workerUrl,
  log: { info() {}, warn() {}, error() {} },
});
try {
  await runtimeRuns();
} finally {
  await runtime.stop();
}
generatedRuns();
say(
  execFileSync(process.execPath, [...process.execArgv, join(import.meta.dirname, 'deepRuns.ts')], {
    encoding: 'utf8',
  }).trim(),
);

async function run(name: string, wasm: Uint8Array, input: string, fuel: number): Promise<void> {
  const sha256 = createHash('sha256').update(wasm).digest('hex');
  await runtime.putModule(sha256, wasm);
  const {
    duration_us: _,
    output,
    ...outcome
  } = await runtime.submit(
    {
      run_id: `${name} ${fuel}`,
      module_sha256: sha256,
      context: Buffer.from('{"program":"p","tasklet":"t","tenant":"local"}'),
      input: Buffer.from(input),
      fuel,
      linear_memory_bytes: 4 * 1024 * 1024,
      timeout_ms: 20_000,
      seed: '07'.repeat(32),
      start_unix_nanos: '1700000000000000000',
      lease: { offset: 0, bytes: 32_768 },
    },
    { running() {}, log() {} },
  );
  say(JSON.stringify({ name, fuel, ...outcome, output: Buffer.from(output).toString('base64') }));
}

async function runtimeRuns(): Promise<void> {
  const tasklets = Object.entries(WAT).map(([name, wat]): [string, Uint8Array] => [name, compileWat(wat)]);
  for (const [name, body] of Object.entries(ENDINGS)) {
    tasklets.push([
      name,
      compileWat(`(module (memory (export "memory") 1) (func (export "_grafos_tasklet_init") (param i32 i32))
        (func (export "_grafos_tasklet_run") (param i32 i32) (result i32) ${body}) (func (export "_grafos_tasklet_finalize")))`),
    ]);
  }
  tasklets.push([
    'endless recursion',
    compileWat(`(module (memory (export "memory") 1) (func (export "_grafos_tasklet_init") (param i32 i32))
      (func $f (param i32 i32) (result i32) (i32.add (call $f (local.get 0) (i32.const 1)) (local.get 1)))
      (export "_grafos_tasklet_run" (func $f)) (func (export "_grafos_tasklet_finalize")))`),
  ]);
  for (const recipe of ['local-dev', 'rpc-service', 'stream-pipeline', 'object-storage', 'shared-list']) {
    const program = loadProgram(new URL(`../../cookbook/${recipe}`, import.meta.url).pathname);
    for (const tasklet of program.manifest.tasklets) {
      if (tasklet.kind !== 'assemblyscript') continue;
      const { wasm } = await compileAssemblyScript({ program, tasklet });
      if (wasm === null) throw new Error(`${recipe} does not compile`);
      tasklets.push([`${recipe}/${tasklet.name}`, wasm]);
    }
  }
  for (const [name, wasm] of tasklets) {
    for (const fuel of [0, 1, 100, 1_000, 500_000]) {
      for (const input of ['', '{"items":[1,2.5,"x"]}']) await run(`${name} ${input.length}`, wasm, input, fuel);
    }
  }
}

/** The same programs everywhere: from a counter, not from chance. */
function generatedRuns(): void {
  for (let seed = 1; seed <= GENERATED; seed++) {
    const bytes = compileWat(
      generateProgram(Array.from({ length: 60 + (seed % 150) }, (_, at) => (at * at * 7919 * seed + seed) % 10_007)),
    );
    const instance = instantiateMetered(bytes, { h: { host: (x: number) => (x * 31 + 1) | 0 } });
    const { trap, result, fuelUsed, exhausted } = instance.call('f0', [3, 11n]);
    const memory = Buffer.from((instance.exports.memory as WebAssembly.Memory).buffer);
    const sha256 = createHash('sha256').update(memory).digest('hex');
    say(JSON.stringify({ seed, trapped: trap !== undefined, result: String(result), fuelUsed, exhausted, sha256 }));
  }
}
