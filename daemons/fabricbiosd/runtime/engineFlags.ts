import { setFlagsFromString } from 'node:v8';

/**
 * V8's inliner goes by the bytes of a function, and metered ones are about half as large again: with its own bounds it would inline less
 * of a metered module than of the plain one (docs/meter.md, "Figures"). They change speed and nothing else.
 */
export const ENGINE_FLAGS = [
  '--wasm-inlining-factor=5',
  '--wasm-inlining-max-size=2000',
  '--wasm-inlining-budget=20000',
] as const;

/** Sets {@link ENGINE_FLAGS} for the whole process, its workers included. To be called before the first module is compiled. */
export function setEngineFlags(): void {
  for (const flag of ENGINE_FLAGS) setFlagsFromString(flag);
}
