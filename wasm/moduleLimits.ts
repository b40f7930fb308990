/**
 * Bounds of a module that is read, so that work and memory stay in proportion to its bytes on every platform.
 * Where V8 has a bound of its own, ours is the same or smaller: a module must not be valid on one cell and invalid on another.
 */
export const MODULE_LIMITS = {
  /** Bytes. */
  module: 32 * 1024 * 1024,
  types: 100_000,
  /** Parameters, and results, of one function type. */
  arity: 1_000,
  /** Parameters and results of all function types together. */
  typeValues: 1_000_000,
  /** Node 22 takes 100 000 of each, and the meter adds an import and two exports. */
  imports: 99_999,
  exports: 99_998,
  /** V8 takes a million, and the meter adds one, and more only where there is room. */
  functions: 999_999,
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
  /** Blocks inside each other. */
  nesting: 10_000,
  brTable: 65_520,
  /** Bytes of a name. */
  name: 100_000,
} as const;
