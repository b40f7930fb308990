import wabt from 'wabt';
import { LinearMemories } from '../daemons/fabricbiosd/worker/linearMemories.ts';
import { percentile } from '../test/helpers/measure.ts';
import { MEMORY_IMPORT } from '../wasm/meter/meteredModule.ts';

export interface MemoryBench {
  pages: number;
  /** Milliseconds for an instance with a memory of its own, [p50, p99]. */
  own: [number, number];
  /** The same with a lent memory, its wiping included. */
  lent: [number, number];
}

const RUNS = 3_000;

/**
 * Measures the cost of a clean memory for a run: a new one, or one that is lent and wiped. Every
 * run writes to each page.
 */
export async function benchLinearMemory(): Promise<MemoryBench[]> {
  const { parseWat } = await wabt();
  const compile = (text: string) => new WebAssembly.Module(parseWat('m.wat', text).toBinary({}).buffer);
  return [1, 16, 64].map((pages) => {
    const rest = `(func (export "touch") (local $at i32)
      (loop $next (i64.store (local.get $at) (i64.const -1))
        (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4096))) (i32.const ${pages * 65_536})))))`;
    const { module, name } = MEMORY_IMPORT;
    const alone = compile(`(module (memory ${pages} 512) ${rest})`);
    const lending = compile(`(module (import "${module}" "${name}" (memory ${pages} 512)) ${rest})`);
    const memories = new LinearMemories();
    const limits = { min: pages, max: 512 };
    const touch = (instance: WebAssembly.Instance) => (instance.exports.touch as WebAssembly.ExportFunction)();
    const own: number[] = [];
    const lent: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      let start = performance.now();
      touch(new WebAssembly.Instance(alone));
      own.push(performance.now() - start);
      start = performance.now();
      const memory = memories.lend(limits);
      touch(new WebAssembly.Instance(lending, { [module]: { [name]: memory } }));
      memories.takeBack(memory, limits);
      lent.push(performance.now() - start);
    }
    return {
      pages,
      own: [percentile(own, 0.5), percentile(own, 0.99)],
      lent: [percentile(lent, 0.5), percentile(lent, 0.99)],
    };
  });
}
