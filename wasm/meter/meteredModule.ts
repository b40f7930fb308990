/**
 * Exported mutable i64 of a metered module: the balance (balance.ts).
 *
 * The runtime sets it from the budget before the first call.
 */
export const FUEL_EXPORT = 'grafos:fuel';

/**
 * Export of the start function.
 *
 * A metered module does not run it by itself, because it has no fuel at that time.
 */
export const START_EXPORT = 'grafos:start';

/** Begin of the names of the exports of {@link MeteredModule.touched}; a number follows. */
export const TOUCH_EXPORT = 'grafos:touch:';

/**
 * Import of a metered module: the linear memory that the module itself would have made.
 *
 * The instantiating side makes or lends one.
 */
export const MEMORY_IMPORT = { module: 'grafos', name: 'memory' } as const;

/** A module that counts what it executes, and what its users must know of it. */
export interface MeteredModule {
  bytes: Uint8Array;
  /** {@link FUEL_EXPORT}. */
  fuelExport: string;
  /**
   * {@link START_EXPORT}, which must be called first after instantiation; null when the module has
   * no start section.
   */
  startExport: string | null;
  /** Index of the fuel global. */
  fuelGlobal: number;
  importedFunctions: number;
  /**
   * Index of the function that loops call in front of bulk instructions so that they can be ended;
   * -1 in a module without functions.
   */
  interruptFunction: number;
  /**
   * Index of each function that became two, ascending.
   *
   * It hands over to its inner function. Inner functions come after the interrupt function, in this
   * order.
   */
  inner: number[];
  /**
   * Index of each function with an export to touch it, {@link TOUCH_EXPORT} and its place here.
   *
   * With a negative balance, a call of the export makes the engine compile the function, which then
   * traps at its entry. The functions of these exports come last.
   */
  touched: readonly number[];
  /**
   * Places in `touched` of functions that only the baseline compiler may see.
   *
   * The meter leaves the list empty.
   */
  baselineOnly: readonly number[];
  /**
   * The memory for {@link MEMORY_IMPORT}, in pages of 64 KiB: exactly `min` at the start, and at
   * most `max` ever.
   *
   * Null when the module has no memory of its own.
   */
  memory: { min: number; max: number } | null;
  /** Offset in `bytes` of the code section's content; -1 without one. */
  codeOffset: number;
}
