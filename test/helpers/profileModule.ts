import { CountingProfiler } from '../../daemons/fabricbiosd/worker/countingProfiler.ts';
import type { FuelProfile } from '../../daemons/wire/fuelProfile.ts';
import { countInstructions } from '../../wasm/count/countInstructions.ts';
import { balanceOf } from '../../wasm/meter/balance.ts';
import { meter } from '../../wasm/meter/meter.ts';
import { FUEL_EXPORT } from '../../wasm/meter/meteredModule.ts';
import type { Settlement } from '../../wasm/settle/settleFuel.ts';
import { SHALLOW, withMemory } from './runMetered.ts';

export interface Profiled extends Settlement, Pick<FuelProfile, 'places' | 'calls'> {
  result?: unknown;
  /** The calls under way where the fuel ended. */
  exhaustedFrames: ReturnType<CountingProfiler['exhaustedFrames']>;
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
    if (stack !== null) return { ...settled, ...profiler.profile(), exhaustedFrames: profiler.exhaustedFrames() };
  }
  return { ...settled, ...profiler.profile(), exhaustedFrames: profiler.exhaustedFrames(), result };
}
