import { setFlagsFromString } from 'node:v8';
import { type MeteredModule, TOUCH_EXPORT } from '../../../wasm/meter/meteredModule.ts';

/** V8's flags without which a function that is compiled never turns to the optimizing compiler. */
const TIERING_FLAGS = ['wasm-dynamic-tiering', 'wasm-tier-up'] as const;

/**
 * Turns V8's optimizing compiler on or off for functions that are compiled from now on.
 *
 * The switch holds for the whole process. So one module at a time is made ready without tiering
 * (runtime.ts).
 */
export function setTiering(on: boolean): void {
  for (const flag of TIERING_FLAGS) setFlagsFromString(`--${on ? '' : 'no-'}${flag}`);
}

/**
 * Compiles the functions of `metered.baselineOnly` with the baseline compiler, without the code
 * that counts how hot they are.
 *
 * So no worker ever gives them to the optimizing compiler (docs/adr/0028-compilers-are-bounded.md).
 *
 * Code that other threads compile in those milliseconds is not optimized either, which costs speed
 * and nothing else.
 */
export function compileBaselineOnly(module: WebAssembly.Module, metered: MeteredModule): void {
  const imports = placeholders(module, metered);
  let exports: WebAssembly.Instance['exports'];
  try {
    exports = new WebAssembly.Instance(module, imports).exports;
  } catch (error) {
    // A segment does not fit. Then no run of this module calls a function either.
    if (error instanceof WebAssembly.RuntimeError) return;
    throw error;
  }
  const fuel = exports[metered.fuelExport];
  // With a negative balance each function traps at its entry, before it does anything.
  if (fuel instanceof WebAssembly.Global) fuel.value = -1n;
  setTiering(false);
  try {
    for (const place of metered.baselineOnly) touch(exports[`${TOUCH_EXPORT}${place}`]);
  } finally {
    setTiering(true);
  }
}

function touch(exported: WebAssembly.ExportValue | undefined): void {
  if (typeof exported !== 'function') return;
  try {
    exported();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError) && !(error instanceof RangeError)) throw error;
  }
}

function placeholders(module: WebAssembly.Module, { memory }: MeteredModule): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    if (kind === 'memory' && memory !== null) {
      imports[from][name] = new WebAssembly.Memory({ initial: memory.min, maximum: memory.max });
    } else if (kind === 'function') {
      imports[from][name] = () => 0;
    }
  }
  return imports;
}
