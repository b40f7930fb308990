import assert from 'node:assert/strict';
import { balanceOf, fuelLeft } from '../../wasm/meter/balance.ts';
import { meter } from '../../wasm/meter/meter.ts';
import { FUEL_EXPORT, MEMORY_IMPORT, type MeteredModule } from '../../wasm/meter/meteredModule.ts';
import { type Settlement, settleFuel } from '../../wasm/settle/settleFuel.ts';

export interface MeteredOutcome extends Settlement {
  /** The value that the call returned; undefined when it threw. */
  result?: unknown;
  /** Message of what it threw. */
  trap?: string;
}

export interface MeteredInstance {
  metered: MeteredModule;
  exports: Record<string, WebAssembly.ExportValue>;
  /** Fuel used so far, as a host function sees it. */
  used(): number;
  /**
   * Gives the instance a new budget and calls an export, or the start function for `undefined`.
   * @param depth units of stack it may use
   */
  call(name: string | undefined, args?: unknown[], budget?: number, depth?: number): MeteredOutcome;
}

/**
 * The error of {@link MeteredInstance.call} at the meter's own bound. The engine's bound has the
 * engine's words.
 */
export const TOO_DEEP = 'too deep';

export const PLENTY = 1_000_000;

/** Units of depth that fit the stack of a main thread, which is smaller than a run worker's. */
export const SHALLOW = 400;

/**
 * Meters, compiles and instantiates. The start function is not run: `call(undefined)` does.
 *
 * @param apart index of each function that is kept out of its callers
 */
export function instantiateMetered(
  bytes: Uint8Array,
  imports: WebAssembly.Imports = {},
  memoryMaxPages = 65_536,
  apart: readonly number[] = [],
): MeteredInstance {
  const metered = meter(bytes, { memoryMaxPages, apart });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(metered.bytes), withMemory(metered, imports));
  const fuel = instance.exports[FUEL_EXPORT] as WebAssembly.Global;
  let given = 0;
  return {
    metered,
    exports: instance.exports,
    used: () => given - fuelLeft(fuel.value),
    call(name, args = [], budget = PLENTY, depth = SHALLOW) {
      given = budget;
      fuel.value = balanceOf(budget, depth);
      const callee = instance.exports[name ?? metered.startExport ?? ''] as WebAssembly.ExportFunction;
      try {
        const result: unknown = callee(...args);
        const outcome = { result, ...settleFuel(metered, budget, fuel.value, null) };
        // Whatever called has taken its weight off again.
        assert.equal(fuel.value & 0xffffn, balanceOf(0, depth), 'depth after a call that returned');
        return outcome;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const settled = settleFuel(metered, budget, fuel.value, error.stack ?? '');
        return { trap: settled.tooDeep ? TOO_DEEP : error.message, ...settled };
      }
    },
  };
}

/** The imports and a new memory, as the metered module wants it. */
export function withMemory({ memory }: MeteredModule, imports: WebAssembly.Imports): WebAssembly.Imports {
  if (memory === null) return imports;
  const own = new WebAssembly.Memory({ initial: memory.min, maximum: memory.max });
  return { ...imports, [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: own } };
}
