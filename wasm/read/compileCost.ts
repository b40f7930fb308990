/**
 * Estimate of what V8's compilers take for a function and for a module, without compiling it
 * (docs/adr/0028-compilers-are-bounded.md).
 *
 * Measured on V8 12.4 to 14: the baseline compiler takes at most 12 bytes and 25 ns for each merged
 * value, and its other costs are linear in the instructions.
 */
import { MODULE_LIMITS } from './moduleLimits.ts';
import { WasmInvalidError } from './wasmInvalid.ts';

/** Counts of one function body. Parameters are among the locals. */
export interface FunctionCost {
  /** Bytes of the body. */
  bytes: number;
  instructions: number;
  locals: number;
  /** Most values on the operand stack. */
  operands: number;
  /**
   * Locals and operands that are alive, summed over all places where control splits or joins:
   * compilers keep a copy of them there.
   *
   * A label of a `br_table` is such a place. A call counts an eighth.
   */
  mergeValues: number;
  /**
   * Values that calls, branches and blocks take or leave; 1 for a call, 4 for a call into the
   * engine.
   */
  passedValues: number;
  /**
   * Locals times instructions: an instruction that frees a register, may trap or calls the engine
   * makes the baseline compiler look through the locals.
   *
   * A call into the engine counts as eight instructions.
   */
  localWork: number;
  loops: number;
  /** Sum of locals and operands at the heads of loops, where the optimizing compiler moves them. */
  loopValues: number;
  /** Bytes of all loops; those of an inner loop count for each loop around it too. */
  loopBytes: number;
  /** Most blocks inside each other. */
  nesting: number;
}

/** Totals of a module, and which functions cost much. */
export interface ModuleCost {
  locals: number;
  mergeValues: number;
  passedValues: number;
  /** Entries of all element segments. */
  elements: number;
  /** Index of each function that is above {@link SMALL_FUNCTION}, ascending. */
  costly: number[];
  /** Index of each function that V8 must not inline ({@link isDense}), ascending. */
  dense: number[];
}

/**
 * Bounds of a function that costs V8's optimizing compiler less than 60 MiB and 500 ms.
 *
 * This holds for all code that was tried (test/hostile/expensiveCode.ts). A function above them is
 * tried in a process of its own.
 */
const SMALL_FUNCTION = {
  instructions: 30_000,
  operands: 1_000,
  mergeValues: 1_000_000,
  passedValues: 10_000,
  localWork: 50_000_000,
  loops: 200,
  loopValues: 20_000,
  loopBytes: 2 * 1024 * 1024,
  nesting: 500,
} as const;

/** Most bytes of a function that V8 inlines (`--wasm-inlining-max-size`, engineFlags.ts). */
export const INLINED_BYTES = 2_000;
/** Most calls that V8 inlines into one function. */
const INLINED_MAX = 60;

/**
 * A module within these bounds, with small functions only, is checked and compiled within 100 ms.
 */
export const SMALL_MODULE = {
  bytes: 512 * 1024,
  types: 1_000,
  functions: 20_000,
  globals: 10_000,
  exports: 1_000,
  segments: 10_000,
  locals: 500_000,
  mergeValues: 8_000_000,
  passedValues: 400_000,
  elements: 100_000,
  dense: 100,
} as const;

export function noCost(): ModuleCost {
  return { locals: 0, mergeValues: 0, passedValues: 0, elements: 0, costly: [], dense: [] };
}

/**
 * Adds a function to the totals of its module.
 *
 * @param index index of the function, imported ones first
 * @param offset offset of the body, for the error
 * @throws {WasmInvalidError} limit
 */
export function addFunctionCost(total: ModuleCost, cost: FunctionCost, index: number, offset: number): void {
  const perByte = MODULE_LIMITS.mergeValuesBase + MODULE_LIMITS.mergeValuesPerByte * cost.bytes;
  const bounds: ReadonlyArray<readonly [name: keyof FunctionCost, most: number]> = [
    ['instructions', MODULE_LIMITS.instructions],
    ['operands', MODULE_LIMITS.operands],
    ['mergeValues', Math.min(MODULE_LIMITS.mergeValues, perByte)],
    ['passedValues', MODULE_LIMITS.passedValues],
    ['localWork', MODULE_LIMITS.localWork],
    ['loops', MODULE_LIMITS.loops],
    ['loopBytes', MODULE_LIMITS.loopBytes],
  ];
  for (const [name, most] of bounds) {
    if (cost[name] > most) throw above(`function ${index}`, name, Math.ceil(cost[name]), most, offset);
  }
  total.locals += cost.locals;
  total.mergeValues += cost.mergeValues;
  total.passedValues += cost.passedValues;
  if (isCostly(cost)) total.costly.push(index);
  if (total.costly.length > MODULE_LIMITS.costlyFunctions) {
    throw above('the module', 'costlyFunctions', total.costly.length, MODULE_LIMITS.costlyFunctions, offset);
  }
  if (isDense(cost)) total.dense.push(index);
  if (total.dense.length > MODULE_LIMITS.denseFunctions) {
    throw above('the module', 'denseFunctions', total.dense.length, MODULE_LIMITS.denseFunctions, offset);
  }
  checkTotal(total, 'locals', MODULE_LIMITS.moduleLocals, offset);
  checkTotal(total, 'mergeValues', MODULE_LIMITS.moduleMergeValues, offset);
  checkTotal(total, 'passedValues', MODULE_LIMITS.modulePassedValues, offset);
}

function checkTotal(
  total: ModuleCost,
  name: 'locals' | 'mergeValues' | 'passedValues',
  most: number,
  offset: number,
): void {
  if (total[name] > most) throw above('the module', name, Math.ceil(total[name]), most, offset);
}

function above(what: string, name: string, value: number, most: number, offset: number): WasmInvalidError {
  return new WasmInvalidError('limit', offset, `${what} has ${value} ${name}; at most ${most} are allowed`);
}

function isCostly(cost: FunctionCost): boolean {
  for (const name of Object.keys(SMALL_FUNCTION) as Array<keyof typeof SMALL_FUNCTION>)
    if (cost[name] > SMALL_FUNCTION[name]) return true;
  return false;
}

/**
 * True for a short function whose inlined copies would make a caller costly.
 *
 * The estimate looks at one function at a time, so V8 must not inline such a function.
 */
function isDense({ bytes, passedValues, mergeValues, loopValues, nesting }: FunctionCost): boolean {
  if (bytes > INLINED_BYTES) return false;
  const { passedValues: passed, mergeValues: merged, loopValues: looped, nesting: nested } = SMALL_FUNCTION;
  return (
    passedValues > passed / INLINED_MAX ||
    mergeValues > merged / INLINED_MAX ||
    loopValues > looped / INLINED_MAX ||
    // Blocks of a callee go inside the caller's, and V8 goes down few callees into each other.
    nesting > nested / 4
  );
}

/** Counts of a module's parts, as far as the estimate goes by them. */
export interface ModuleParts {
  bytes: number;
  types: number;
  functions: number;
  globals: number;
  exports: number;
  /** Data and element segments. */
  segments: number;
}

/** True for a module that cannot cost a cell much, whatever is in it. */
export function isSmallModule(parts: ModuleParts, cost: ModuleCost): boolean {
  if (cost.costly.length > 0) return false;
  const counts = { ...parts, ...cost, dense: cost.dense.length };
  for (const name of Object.keys(SMALL_MODULE) as Array<keyof typeof SMALL_MODULE>)
    if (counts[name] > SMALL_MODULE[name]) return false;
  return true;
}
