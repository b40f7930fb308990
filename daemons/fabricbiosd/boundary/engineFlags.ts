import { setFlagsFromString } from 'node:v8';
import { INLINED_BYTES } from '../../../wasm/read/compileCost.ts';

/**
 * Larger bounds for V8's inliner, which goes by the bytes of a function.
 *
 * Metered functions are about half as large again, so the default bounds would inline less of them
 * than of plain ones (docs/internals/meter.md, "Figures"). The flags change speed and nothing else.
 */
export const ENGINE_FLAGS = [
  '--wasm-inlining-factor=5',
  `--wasm-inlining-max-size=${INLINED_BYTES}`,
  '--wasm-inlining-budget=20000',
] as const;

/**
 * Keeps baseline code, which V8 13 and newer drop when memory is short.
 *
 * V8 would compile it anew, and then with tiering (baselineOnly.ts).
 */
const KEEP_BASELINE = '--no-flush-liftoff-code';
const KEEP_BASELINE_FROM_V8 = 13;

/**
 * Sets {@link ENGINE_FLAGS} for the whole process, its workers included. It must be called before
 * the first module is compiled.
 */
export function setEngineFlags(): void {
  for (const flag of ENGINE_FLAGS) setFlagsFromString(flag);
  if (Number.parseInt(process.versions.v8, 10) >= KEEP_BASELINE_FROM_V8) setFlagsFromString(KEEP_BASELINE);
}
