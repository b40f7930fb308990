/**
 * Bounds of a module that is read, so that work and memory stay in proportion to its bytes on every
 * platform.
 *
 * Where V8 has a bound of its own, ours is the same or smaller: a module must not be valid on one
 * cell and invalid on another.
 */
export const MODULE_LIMITS = {
  /** Bytes. */
  module: 32 * 1024 * 1024,
  /** The meter adds up to two for each. V8 ends a process in which it met a million. */
  types: 10_000,
  /** Parameters, and results, of one function type. */
  arity: 1_000,
  /** Parameters and results of all function types together. */
  typeValues: 100_000,
  /**
   * Node 22 takes 100 000 of each, and the meter adds an import, two exports, and one for
   * each costly function.
   */
  imports: 99_999,
  exports: 98_998,
  /**
   * V8 accepts a million.
   *
   * The meter adds one, one more for each costly function, and others only where there is room.
   */
  functions: 998_999,
  globals: 100_000,
  tables: 100,
  /** Entries of all tables together, at the start and after any growth. */
  tableEntries: 1_000_000,
  elementSegments: 100_000,
  dataSegments: 100_000,
  /** Bytes of one function body, as V8 bounds it, before and after metering. */
  functionBody: 7_654_321,
  /** Parameters not counted. V8 takes 50 000 with them, and the meter adds four. */
  locals: 48_000,
  /** Locals of all functions together, parameters counted. */
  moduleLocals: 10_000_000,
  /** Blocks inside each other. */
  nesting: 10_000,
  brTable: 65_520,
  /** Instructions of one function. */
  instructions: 500_000,
  /** Values on the operand stack of one function. */
  operands: 10_000,
  /**
   * Locals and operands alive where control splits or joins, summed over all such places of one
   * function (compileCost.ts).
   *
   * A body has also at most {@link MODULE_LIMITS.mergeValuesBase} of them, and
   * {@link MODULE_LIMITS.mergeValuesPerByte} more for each of its bytes.
   */
  mergeValues: 12_000_000,
  mergeValuesBase: 1_000_000,
  mergeValuesPerByte: 64,
  moduleMergeValues: 64_000_000,
  /** Values that the calls, branches and blocks of one function take or leave. */
  passedValues: 50_000,
  modulePassedValues: 8_000_000,
  /** Locals times instructions of one function (compileCost.ts). */
  localWork: 1_000_000_000,
  /** Loops of one function. */
  loops: 4_000,
  /** Bytes of the loops of one function; an inner loop counts for each loop around it too. */
  loopBytes: 16 * 1024 * 1024,
  /** Functions that are not small for a compiler (compileCost.ts). */
  costlyFunctions: 1_000,
  /** Short functions whose copies cost much (compileCost.ts); each is 2 000 bytes once metered. */
  denseFunctions: 5_000,
  /** Entries of all element segments. */
  elements: 1_000_000,
  /** Bytes of a name. */
  name: 100_000,
} as const;

/** Bounds of a metered module: V8's own, or ours with all that the meter may add. */
export const METERED_LIMITS = {
  types: 3 * MODULE_LIMITS.types,
  typeValues: 6 * MODULE_LIMITS.typeValues,
  imports: 100_000,
  exports: 100_000,
  functions: 1_000_000,
  globals: MODULE_LIMITS.globals + 1,
} as const;
