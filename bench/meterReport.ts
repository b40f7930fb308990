/**
 * `npm run bench -- meter`: what metering costs, against plain V8 and beside `wasm-metering` of
 * npm.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import wabt from 'wabt';
import { ENGINE_FLAGS, setEngineFlags } from '../daemons/fabricbiosd/boundary/engineFlags.ts';
import { withMemory } from '../test/helpers/runMetered.ts';
import { buildKernels, type Kernel } from '../test/kernels/build.ts';
import { balanceOf } from '../wasm/meter/balance.ts';
import { ByteWriter } from '../wasm/meter/byteWriter.ts';
import { meter } from '../wasm/meter/meter.ts';
import { readModule } from '../wasm/read/readModule.ts';
import { SECTION } from '../wasm/read/section.ts';
import type { Report } from './report.ts';

/**
 * A rewritten module with everything it needs to run: its bytes, its imports, and a way to give it
 * fuel before each call.
 */
interface Rewritten {
  bytes: Uint8Array;
  /** Makes the imports of an instance: a memory is new, as that of a run is. */
  imports(): WebAssembly.Imports;
  refuel(instance: WebAssembly.Instance): void;
}

type Rewriter = (wasm: Uint8Array) => Rewritten;

const PLENTY = balanceOf(2 ** 46);
const LARGE_MEGABYTES = 10;

const plain: Rewriter = (bytes) => ({ bytes, imports: () => ({}), refuel() {} });
const ours: Rewriter = (wasm) => {
  const metered = meter(wasm, { memoryMaxPages: 65_536 });
  const { bytes, fuelExport } = metered;
  return {
    bytes,
    imports: () => withMemory(metered, {}),
    refuel(instance) {
      (instance.exports[fuelExport] as WebAssembly.Global).value = PLENTY;
    },
  };
};

/**
 * The rewriter of the peer. It calls an imported function with the cost of each stretch of code.
 * Our function only adds it up.
 */
function peer(modules: string): Rewriter {
  const { meterWASM } = createRequire(join(modules, 'noop.js'))('wasm-metering') as {
    meterWASM(wasm: Uint8Array, options: object): Uint8Array;
  };
  return (wasm) => {
    let used = 0;
    const useGas = (cost: number) => {
      used += cost;
      if (used > Number.MAX_SAFE_INTEGER) throw new Error('out of fuel');
    };
    return {
      bytes: meterWASM(Buffer.from(wasm), { meterType: 'i32' }),
      imports: () => ({ metering: { usegas: useGas } }),
      refuel() {},
    };
  };
}

interface Overhead {
  name: string;
  plainMs: number;
  /** Ratios to plain. */
  metered: number;
  peer: number | string;
}

/**
 * Takes the best of many calls, with the variants in turn, so that other load of the machine hits
 * all alike. Each variant is called until V8 has optimised it first.
 */
function measure(kernel: Kernel, rewriters: readonly Rewriter[], rounds: number): number[] {
  const variants = rewriters.map((rewrite) => {
    const { bytes, imports, refuel } = rewrite(kernel.wasm);
    const module = new WebAssembly.Module(bytes);
    return (): number => {
      // A new instance for every call, as the cell makes one for every run.
      const instance = new WebAssembly.Instance(module, withHost(module, imports()));
      refuel(instance);
      const run = instance.exports.run as WebAssembly.ExportFunction;
      return timed(() => run(kernel.size));
    };
  });
  for (const run of variants) for (let i = 0; i < 5; i++) run();
  const best = variants.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    variants.forEach((run, at) => {
      best[at] = Math.min(best[at] as number, run());
    });
  }
  return best;
}

/**
 * Adds the host functions that a module imports. A kernel calls none of them: the runtime of
 * AssemblyScript tasklets would, where the memory ends.
 */
function withHost(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Imports {
  const all = { ...imports };
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module))
    if (kind === 'function' && all[from]?.[name] === undefined) all[from] = { ...all[from], [name]: () => 0 };
  return all;
}

function overhead(kernel: Kernel, peerRewriter: Rewriter | undefined, rounds: number): Overhead {
  const [plainMs = Number.NaN, ourMs = Number.NaN] = measure(kernel, [plain, ours], rounds);
  let beside: number | string = '';
  if (peerRewriter !== undefined) {
    try {
      const [base = Number.NaN, theirs = Number.NaN] = measure(kernel, [plain, peerRewriter], 3);
      beside = theirs / base;
    } catch (error) {
      beside = `cannot: ${error instanceof Error ? error.message.slice(0, 40) : String(error)}`;
    }
  }
  return { name: kernel.name, plainMs, metered: ourMs / plainMs, peer: beside };
}

/**
 * Makes a module of one body: loops, branches, calls and stores, repeated up to `megabytes`. It is
 * one large module, not many small ones.
 */
async function largeModule(megabytes: number): Promise<Uint8Array> {
  const body = `(func (param i32 i32) (result i32) (local i64)
    (block (loop
      (br_if 1 (i32.ge_u (local.get 0) (local.get 1)))
      (i32.store offset=16 (i32.and (local.get 0) (i32.const 1023)) (i32.mul (local.get 0) (i32.const 2654435761)))
      (if (i32.and (local.get 0) (i32.const 7))
        (then (local.set 2 (i64.add (local.get 2) (i64.load offset=8 (i32.and (local.get 0) (i32.const 1016))))))
        (else (local.set 1 (call 0 (local.get 1) (i32.const 3)))))
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (br 0)))
    (i32.wrap_i64 (local.get 2)))`;
  return await repeated(`(memory 1) ${body}`, megabytes * 1_000_000);
}

/** Makes a module of one function, repeated until its bodies have `bytes`. */
async function repeated(fields: string, bytes: number): Promise<Uint8Array> {
  const one = new Uint8Array((await wabt()).parseWat('one.wat', `(module ${fields})`, {}).toBinary({}).buffer);
  const { sections } = readModule(one);
  const code = sections.find(({ id }) => id === SECTION.code);
  if (code === undefined) throw new Error('no code section');
  const entry = one.subarray(code.offset + 1, code.offset + code.size);
  const count = Math.ceil(bytes / entry.length);
  const functions = new ByteWriter(count + 8);
  functions.u32(count);
  for (let i = 0; i < count; i++) functions.u8(0);
  const bodies = new ByteWriter(count * entry.length + 8);
  bodies.u32(count);
  for (let i = 0; i < count; i++) bodies.copy(entry, 0, entry.length);
  const out = new ByteWriter(bodies.length + functions.length + one.length);
  out.copy(one, 0, 8);
  for (const { id, offset, size } of sections) {
    const content = id === SECTION.function ? functions : id === SECTION.code ? bodies : undefined;
    out.u8(id);
    out.u32(content?.length ?? size);
    if (content === undefined) out.copy(one, offset, offset + size);
    else out.copy(content.bytes, 0, content.length);
  }
  return out.written();
}

/** Rewrites modules of small functions, of one shape after another (docs/adr/0043). */
async function reportSmallFunctions(report: Report): Promise<void> {
  const straight = await repeated('(func (result i32) (i32.const 5))', 800_000);
  const branching = await repeated(
    '(func (result i32) (if (result i32) (i32.const 1) (then (i32.const 5)) (else (i32.const 6))))',
    800_000,
  );
  const rewrite = (wasm: Uint8Array) => best(8, () => meter(wasm, { memoryMaxPages: 1 }));
  const times = [straight, branching, straight, branching].map((wasm) => rewrite(wasm).toFixed(0));
  report.print(`rewriting 0.8 MB of small functions, straight and with an if, in turn: ${times.join(', ')} ms`);
}

function timed(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

/** @param modules `node_modules` with the peer; undefined leaves it out */
export async function meterReport(report: Report, modules: string | undefined, rounds: number): Promise<void> {
  setEngineFlags();
  report.print(`best of ${rounds}, in turn`);
  report.print(`V8 flags of the cell, for plain and metered alike: ${ENGINE_FLAGS.join(' ')}\n`);
  const kernels = await buildKernels((name, reason) => report.print(`${name}: left out, ${reason}`));
  const beside = modules === undefined ? undefined : peer(modules);
  const rows = kernels.map((kernel) => overhead(kernel, beside, rounds));
  const ratio = (value: number | string) => (typeof value === 'number' ? value.toFixed(2) : value);
  const mean = (values: number[]) => Math.exp(values.reduce((sum, one) => sum + Math.log(one), 0) / values.length);
  const theirs = rows.flatMap((row) => (typeof row.peer === 'number' ? [row.peer] : []));
  const theirMean = theirs.length === 0 ? '' : `${mean(theirs).toFixed(2)} of the ${theirs.length} it can parse`;
  const ourMean = mean(rows.map(({ metered }) => metered));
  report.table([
    ['kernel', 'plain ms', 'metered', ...(beside === undefined ? [] : ['wasm-metering'])],
    ...rows.map(({ name, plainMs, metered, peer: one }) => [name, plainMs.toFixed(2), ratio(metered), ratio(one)]),
    ['geometric mean', '', ourMean.toFixed(3), theirMean],
  ]);
  report.print(
    `worst ${Math.max(...rows.map(({ metered }) => metered)).toFixed(2)} (aims: mean at most 1.25, worst at most 1.60)\n`,
  );

  const large = await largeModule(LARGE_MEGABYTES);
  const rewrite = () => meter(large, { memoryMaxPages: 65_536 });
  const largeMs = best(3, rewrite);
  report.print(
    `rewriting: ${LARGE_MEGABYTES} MB in ${largeMs.toFixed(0)} ms, ${((LARGE_MEGABYTES * 1000) / largeMs).toFixed(0)} MB/s (aims: 500 ms, 30 MB/s)`,
  );
  await reportSmallFunctions(report);
  for (const { name, wasm } of kernels.filter(({ wasm }) => wasm.length > 5_000)) {
    const ms = best(20, () => meter(wasm, { memoryMaxPages: 65_536 }));
    report.print(
      `rewriting ${name}: ${wasm.length} bytes in ${ms.toFixed(2)} ms, ${(wasm.length / 1000 / ms).toFixed(0)} MB/s`,
    );
  }
  if (beside !== undefined) {
    const small = kernels.filter(({ name }) => typeof rows.find((row) => row.name === name)?.peer === 'number');
    for (const { name, wasm } of small.toSorted((a, b) => b.wasm.length - a.wasm.length).slice(0, 1)) {
      const ms = best(3, () => beside(wasm));
      report.print(
        `wasm-metering ${name}: ${wasm.length} bytes in ${ms.toFixed(1)} ms, ${(wasm.length / 1000 / ms).toFixed(2)} MB/s`,
      );
    }
  }
  // Otherwise V8 compiles a function when it is first called. Each module is compiled once: V8
  // keeps the code of a module it has seen.
  setFlagsFromString('--no-wasm-lazy-compilation');
  const metered = rewrite().bytes;
  const plainMs = timed(() => new WebAssembly.Module(large));
  const meteredMs = timed(() => new WebAssembly.Module(metered));
  report.print(
    `compiling all of ${LARGE_MEGABYTES} MB: plain ${plainMs.toFixed(0)} ms, metered ${meteredMs.toFixed(0)} ms, of ${(metered.length / large.length).toFixed(2)} times the bytes`,
  );
}

function best(times: number, work: () => unknown): number {
  return Math.min(...Array.from({ length: times }, () => timed(work)));
}
