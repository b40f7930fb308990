import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../base/packageRoot.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import { loadProgram } from '../../program/loadProgram.ts';
import { compileAssemblyScript } from '../../toolchain/compile/compileAssemblyScript.ts';
import { connectTarget } from '../../toolchain/deploy/connectTarget.ts';
import { resolveProvider } from '../../toolchain/deploy/resolveProvider.ts';
import { readDevState } from '../../toolchain/stack/devState.ts';
import { stackPaths } from '../../toolchain/stack/stackPaths.ts';
import { compileWat } from './compileWat.ts';
import { KINDS } from './soak.ts';
import { temporaryFolder } from './temporaryFolder.ts';
import { WAT, watProgram } from './watTasklets.ts';

/**
 * The newest of each line when this was written. `engines` of package.json is the oldest that must
 * do.
 */
const VERSIONS = ['22.23.3', '24.21.0', '26.10.0'];

const FUELS = [1, 17, 100, 1_000, 500_000];
const INPUTS = ['', '{"items":[1,2.5,"x"]}'];
const FABRIC_BYTES = 32_768;

const RECIPES = ['local-dev', 'rpc-service', 'stream-pipeline', 'object-storage', 'shared-list'];
const PROGRAMS = [...RECIPES.map((recipe) => join('cookbook', recipe)), join('test', 'programs', 'six')];

/** Bodies of run, for ends that the other tasklets do not come to. */
const ENDS: Record<string, string> = {
  'memory growth refused': '(memory.grow (i32.const 60000)) (i32.const 1) i32.add',
  'division by zero': '(i32.div_s (i32.const 1) (i32.const 0))',
  'integer overflow': '(i32.div_s (i32.const 0x80000000) (i32.const -1))',
  'invalid conversion': '(i32.trunc_f64_s (f64.const nan))',
  'indirect call': '(call_indirect (result i32) (i32.const 9))',
  'out of bounds, fill': '(memory.fill (i32.const 1) (i32.const 0) (i32.const -1)) (i32.const 0)',
  'bits of a nan':
    '(f64.store (i32.const 0) (f64.div (f64.const 0) (f64.const 0))) (f32.store (i32.const 8) (f32.sqrt (f32.const -1))) (v128.store (i32.const 16) (f32x4.sqrt (v128.const i32x4 -1 2 3 0xff800000))) (call $output (i32.const 0) (i32.const 32))',
  'clock and randomness':
    '(call $random (i32.const 0) (i32.const 64)) (i64.store (i32.const 64) (call $clock)) (call $log (i32.const 1) (i32.const 100) (i32.const 9)) (call $output (i32.const 0) (i32.const 72))',
  'fabric memory':
    '(drop (call $write (i64.const 8) (i32.const 100) (i32.const 16))) (drop (call $read (i64.const 0) (i32.const 0) (i32.const 64))) (i64.store (i32.const 64) (call $hello)) (call $output (i32.const 0) (i32.const 72))',
  'a large output':
    '(local $n i32) (loop $more (drop (call $output (i32.const 0) (i32.const 65536))) (br_if $more (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 40)))) (i32.const 0)',
  'a host function out of bounds': '(call $output (i32.const -4) (i32.const 16))',
};

const shell = (body: string) => `(module
  (import "grafos_tasklet_v0" "output_write" (func $output (param i32 i32) (result i32)))
  (import "grafos_tasklet_v0" "random_fill" (func $random (param i32 i32)))
  (import "grafos_tasklet_v0" "clock_unix_nanos" (func $clock (result i64)))
  (import "grafos_tasklet_v0" "log" (func $log (param i32 i32 i32)))
  (import "fabricbios_fbmu_v0" "fbmu_hello" (func $hello (result i64)))
  (import "fabricbios_fbmu_v0" "fbmu_read" (func $read (param i64 i32 i32) (result i32)))
  (import "fabricbios_fbmu_v0" "fbmu_write" (func $write (param i64 i32 i32) (result i32)))
  (memory (export "memory") 1) (table 4 funcref) (data (i32.const 100) "said once, loud.")
  (func (export "_grafos_tasklet_init") (param i32 i32))
  (func (export "_grafos_tasklet_run") (param i32 i32) (result i32) ${body})
  (func (export "_grafos_tasklet_finalize")))`;

export interface VersionsCompared {
  /** "Node v22.23.3, V8 12.4…" and how many runs it made. */
  versions: Array<{ name: string; runs: number }>;
  /** Pairs of lines that should be equal. */
  differences: string[];
}

/** Why {@link compareNodeVersions} cannot be done here, or undefined. Installs what is missing. */
export function missingForNodeVersions(): string | undefined {
  try {
    installNodes();
    return undefined;
  } catch (error) {
    return `Node ${VERSIONS.join(', ')} cannot be installed from npm (${error instanceof Error ? error.message.split('\n')[0] : error}); run it again with a network`;
  }
}

/**
 * Deploys the same modules with the same inputs to the local stack of each Node version, and
 * compares the results byte for byte. Then it does the runs of sameRuns.ts, which need no cell.
 *
 * @throws {Error} when a stack does not start
 */
export async function compareNodeVersions(nodes: string[] = installNodes()): Promise<VersionsCompared> {
  const all = await modules();
  const answers: string[][] = [];
  for (const node of nodes) {
    const child = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'sameRuns.ts')];
    const { stdout } = await promisify(execFile)(node, child, { maxBuffer: 1e8 });
    answers.push([...stdout.trim().split('\n'), ...(await deployAll(node, all))]);
  }
  const [first = []] = answers;
  const differences = answers.slice(1).flatMap((lines) =>
    Array.from({ length: Math.max(lines.length, first.length) - 1 }, (_, at) => at + 1)
      .filter((at) => lines[at] !== first[at])
      .map((at) => `${first[0]}: ${first[at]}\n${lines[0]}: ${lines[at]}`),
  );
  return { versions: answers.map(([name = '', ...runs]) => ({ name, runs: runs.length })), differences };
}

/**
 * A line for each run on a stack that `node` started with `grafos dev up`, so that its daemons run
 * on it, too.
 */
async function deployAll(node: string, all: Map<string, Uint8Array>): Promise<string[]> {
  await using folder = await temporaryFolder('grafos-versions-');
  for (const [path, text] of Object.entries(watProgram('hello'))) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), text);
  }
  const dev = (command: string) =>
    promisify(execFile)(node, [join(packageRoot, 'bin', 'grafos.cjs'), 'dev', command], { cwd: folder.path });
  await dev('up');
  try {
    const state = await readDevState(stackPaths(folder.path));
    if (process.platform === 'linux') {
      const runsOn = readlinkSync(`/proc/${state?.daemons.fabricbiosd.pid}/exe`);
      if (runsOn !== realpathSync(node)) throw new Error(`the cell runs on ${runsOn}, not on ${node}`);
    }
    using client = await connectTarget(await resolveProvider(folder.path, 'local'));
    const lines: string[] = [];
    for (const [name, wasm] of all) {
      const sha256 = createHash('sha256').update(wasm).digest('hex');
      await client.putModule(sha256, wasm);
      for (const fuel of FUELS) {
        for (const input of INPUTS) lines.push(await deploy(client, name, sha256, fuel, input));
      }
    }
    return lines;
  } finally {
    await dev('down');
  }
}

async function deploy(
  client: SchedulerClient,
  name: string,
  module_sha256: string,
  fuel: number,
  input: string,
): Promise<string> {
  const run = await client.submit(
    {
      program: 'same',
      tasklet: 'same',
      version: '0.1.0',
      module_sha256,
      input_b64: Buffer.from(input).toString('base64'),
      mem_bytes: FABRIC_BYTES,
      fuel,
      linear_memory_bytes: 4 * 1024 * 1024,
      timeout_ms: 60_000,
      seed: '07'.repeat(32),
      start_unix_nanos: '1700000000000000000',
    },
    { waitMs: 60_000 },
  );
  const text = async (artifact: 'response.json' | 'output.b64' | 'run.log') =>
    Buffer.from(await client.artifact(run.run_id, artifact)).toString('latin1');
  const [response, output, log] = await Promise.all([text('response.json'), text('output.b64'), text('run.log')]);
  // The run id, the time and the cell id; all other bytes are as they came.
  const same = response.replace(/("(?:run_id|cell_id)": ?)"[^"]*"|("duration_us": ?)\d+/g, '$1$2_');
  return JSON.stringify({ name, fuel, input, response: same, output, log });
}

async function modules(): Promise<Map<string, Uint8Array>> {
  const all = new Map<string, Uint8Array>();
  for (const [name, wat] of Object.entries(WAT)) all.set(name, compileWat(wat));
  for (const [name, { wat }] of Object.entries(KINDS)) all.set(`end ${name}`, compileWat(wat));
  for (const [name, body] of Object.entries(ENDS)) all.set(name, compileWat(shell(body)));
  for (const folder of PROGRAMS) {
    const program = loadProgram(join(packageRoot, folder));
    for (const tasklet of program.manifest.tasklets) {
      if (tasklet.kind !== 'assemblyscript') continue;
      const { wasm } = await compileAssemblyScript({ program, tasklet });
      if (wasm === null) throw new Error(`${folder} does not compile`);
      all.set(`${basename(folder)} ${tasklet.name}`, wasm);
    }
  }
  return all;
}

/** The packages that hold nothing but the program: no install script runs. */
function installNodes(): string[] {
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'grafos-nodes');
  const name = (version: string) => `node${version.split('.')[0]}`;
  const dependencies = Object.fromEntries(VERSIONS.map((one) => [name(one), `npm:node-${platform}@${one}`]));
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const nodes = VERSIONS.map((one) => join(folder, 'node_modules', name(one), 'bin', program));
  if (!nodes.every((one) => existsSync(one))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      shell: process.platform === 'win32',
    });
  }
  return nodes;
}
