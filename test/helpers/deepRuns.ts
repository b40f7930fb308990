/**
 * Runs each of {@link DEEP_FRAMES} in a thread with the stack of a run worker, several times, and
 * prints each end.
 */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { setEngineFlags } from '../../daemons/fabricbiosd/boundary/engineFlags.ts';
import { STACK_MIB } from '../../daemons/fabricbiosd/pool/poolWorker.ts';
import { DEPTH_MAX } from '../../wasm/meter/balance.ts';
import { compileWat } from './compileWat.ts';
import { DEEP_FRAMES } from './deepFrames.ts';
import { instantiateMetered } from './runMetered.ts';

if (isMainThread) {
  setEngineFlags();
  new Worker(new URL(import.meta.url), { resourceLimits: { stackSizeMb: STACK_MIB } }).on('message', (line) =>
    process.stdout.write(`${line}\n`),
  );
} else {
  for (const [name, wat] of Object.entries(DEEP_FRAMES)) {
    const instance = instantiateMetered(compileWat(wat));
    const wide = wat.includes('(param i64');
    const args = Array.from({ length: (instance.exports.f as WebAssembly.ExportFunction).length }, () =>
      wide ? 1n : 1,
    );
    const ends = new Set<string>();
    // The first calls run as the engine starts code, later ones may be optimised.
    for (let round = 0; round < 5; round++) {
      const { trap, fuelUsed } = instance.call('f', args, 1e12, DEPTH_MAX);
      ends.add(`${trap}, ${fuelUsed}`);
    }
    parentPort?.postMessage(`${name}: ${[...ends].join(' and ')}`);
  }
}
