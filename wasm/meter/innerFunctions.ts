import { u32At } from '../read/leb128.ts';
import { MODULE_LIMITS } from '../read/moduleLimits.ts';
import { Op } from '../read/opcodes.ts';
import type { WasmModule } from '../read/wasmModule.ts';
import type { BodyFacts } from './bodyFacts.ts';

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
 * Chooses the functions that become two (docs/internals/meter.md, "The balance over calls"):
 * functions that a `call` names, whose type and locals have room for one more.
 *
 * A function with a tail call stays as it is, because its callee gives no balance back. The indices
 * ascend. There are none when the module has no room for all of them.
 *
 * @param called 1 for each function that a `call` names
 */
export function chooseInner(module: WasmModule, called: Uint8Array, facts: BodyFacts): number[] {
  const { types, importedFunctions, functions } = module;
  const chosen: number[] = [];
  for (let body = 0; body < functions.length; body++) {
    const index = importedFunctions + body;
    const type = types[functions[body] as number];
    if (called[index] !== 1 || type === undefined) continue;
    const { params, results } = type;
    if (params.length > PARAMS_MAX || results.length > RESULTS_MAX) continue;
    facts.recall(body);
    if (!facts.tailCalls && params.length + facts.locals <= LOCALS_MAX) chosen.push(index);
  }
  // The interrupt function comes first. One type may be added for its block, and one for the inner
  // function.
  const all = importedFunctions + functions.length + 1 + chosen.length;
  const values = types.reduce((sum, { params, results }) => sum + 2 * params.length + 3 * results.length + 2, 0);
  const room =
    all <= MODULE_LIMITS.functions && 3 * types.length < MODULE_LIMITS.types && values <= MODULE_LIMITS.typeValues;
  return room ? chosen : [];
}

/**
 * True for an instruction that names a local from number `moved` on.
 *
 * In an inner function such a local becomes the next one, because the balance comes before it. No
 * number is above 126, so the instruction keeps its length.
 */
export function movesLocal(bytes: Uint8Array, offset: number, opcode: number, moved: number): boolean {
  return opcode <= Op.localTee && opcode >= Op.localGet && u32At(bytes, offset + 1) >= moved;
}
