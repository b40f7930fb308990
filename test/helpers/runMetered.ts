import { FUEL_EXPORT, type MeteredModule, meter } from '../../wasm/meter.ts';
import { type Settlement, settleFuel } from '../../wasm/settleFuel.ts';

export interface MeteredOutcome extends Settlement {
  /** What the call returned; undefined when it threw. */
  result?: unknown;
  /** Message of what it threw. */
  trap?: string;
}

export interface MeteredInstance {
  metered: MeteredModule;
  exports: Record<string, WebAssembly.ExportValue>;
  /** Fuel used so far, as a host function sees it. */
  used(): number;
  /** Gives the instance a new budget and calls an export, or the start function for `undefined`. */
  call(name: string | undefined, args?: unknown[], budget?: number): MeteredOutcome;
}

export const PLENTY = 1_000_000;

/** Meters, compiles and instantiates. The start function is not run: `call(undefined)` does. */
export function instantiateMetered(
  bytes: Uint8Array,
  imports: WebAssembly.Imports = {},
  memoryMaxPages = 65_536,
): MeteredInstance {
  const metered = meter(bytes, { memoryMaxPages });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(metered.bytes), imports);
  const fuel = instance.exports[FUEL_EXPORT] as WebAssembly.Global;
  let given = 0;
  return {
    metered,
    exports: instance.exports,
    used: () => given - Number(fuel.value),
    call(name, args = [], budget = PLENTY) {
      given = budget;
      fuel.value = BigInt(budget);
      const callee = instance.exports[name ?? metered.startExport ?? ''] as WebAssembly.ExportFunction;
      try {
        const result: unknown = callee(...args);
        return { result, ...settleFuel(metered, budget, fuel.value, null) };
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        return { trap: error.message, ...settleFuel(metered, budget, fuel.value, error.stack ?? '') };
      }
    },
  };
}
