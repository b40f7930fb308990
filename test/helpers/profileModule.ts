import { CountingProfiler } from '../../daemons/fabricbiosd/runtime/countingProfiler.ts';
import type { FuelProfile } from '../../daemons/protocol/fuelProfile.ts';
import { balanceOf } from '../../wasm/balance.ts';
import { countInstructions } from '../../wasm/countInstructions.ts';
import { FUEL_EXPORT, meter } from '../../wasm/meter.ts';
import type { Settlement } from '../../wasm/settleFuel.ts';
import { SHALLOW, withMemory } from './runMetered.ts';

export interface Profiled extends Settlement, Pick<FuelProfile, 'places' | 'calls'> {
  result?: unknown;
}

/**
 * Calls an export of a module that counts, in a new instance, after its start function when there
 * is one.
 */
export function profileModule(
  bytes: Uint8Array,
  name: string,
  args: unknown[],
  budget: number,
  imports: WebAssembly.Imports = {},
  depth = SHALLOW,
): Profiled {
  const metered = meter(bytes, { memoryMaxPages: 64 });
  const counting = countInstructions(metered);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(counting.bytes), withMemory(metered, imports));
  (instance.exports[FUEL_EXPORT] as WebAssembly.Global).value = balanceOf(budget, depth);
  const profiler = new CountingProfiler(counting);
  profiler.begin(instance, budget);
  let settled: Settlement = { fuelUsed: 0, exhausted: false, tooDeep: false };
  let result: unknown;
  for (const one of metered.startExport === null ? [name] : [metered.startExport, name]) {
    let stack: string | null = null;
    try {
      result = (instance.exports[one] as WebAssembly.ExportFunction)(...(one === name ? args : []));
    } catch (error) {
      stack = (error as Error).stack ?? '';
    }
    settled = profiler.settle(stack);
    if (stack !== null) return { ...settled, ...profiler.profile() };
  }
  return { ...settled, ...profiler.profile(), result };
}
