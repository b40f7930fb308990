import { MODULE_LIMITS } from './moduleLimits.ts';
import type { BodyScan } from './scanBody.ts';
import type { WasmModule } from './wasmModule.ts';

/** Numbers of locals up to this one take one byte, also once a parameter is put before them. */
const LOCALS_MAX = 127;

/**
 * The most parameters of a function that hands over.
 *
 * Its frame weighs nothing, so the values that it holds for its inner function must be few.
 */
const PARAMS_MAX = 16;
const RESULTS_MAX = 4;

/** Index of the function that an inner one was made of; undefined for any other function. */
export function outerOf(
  metered: { readonly inner: readonly number[]; readonly interruptFunction: number },
  index: number,
): number | undefined {
  return metered.inner[index - metered.interruptFunction - 1];
}

/**
 * Chooses the functions that become two (docs/meter.md, "The balance over calls"): functions that a
 * `call` names, whose type and locals have room for one more.
 *
 * A function with a tail call stays as it is, because its callee gives no balance back. The indices
 * ascend. There are none when the module has no room for all of them.
 *
 * @param scan of all bodies
 */
export function chooseInner(module: WasmModule, scan: BodyScan): number[] {
  const { types, importedFunctions, functions } = module;
  const chosen: number[] = [];
  for (let body = 0; body < functions.length; body++) {
    const index = importedFunctions + body;
    const type = types[functions[body] as number];
    if (scan.called[index] !== 1 || type === undefined) continue;
    const { params, results } = type;
    if (params.length > PARAMS_MAX || results.length > RESULTS_MAX) continue;
    scan.recall(body);
    if (!scan.tailCalls && params.length + scan.locals <= LOCALS_MAX) chosen.push(index);
  }
  // The interrupt function comes first. One type may be added for its block, and one for the inner
  // function.
  const all = importedFunctions + functions.length + 1 + chosen.length;
  const values = types.reduce((sum, { params, results }) => sum + 2 * params.length + 3 * results.length + 2, 0);
  const room =
    all <= MODULE_LIMITS.functions && 3 * types.length < MODULE_LIMITS.types && values <= MODULE_LIMITS.typeValues;
  return room ? chosen : [];
}
