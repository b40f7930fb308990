/**
 * Reason to refuse a module.
 *
 * `limit` and `memory_above_limit` are well-formed modules that ask for more than a cell gives.
 */
export type WasmInvalidReason = 'malformed' | 'unsupported' | 'limit' | 'memory_above_limit' | 'reserved_export';

/**
 * A module that this project does not run: broken, or with a feature outside of tasklet-profile-v0.
 *
 * Its run error is `module_invalid`.
 */
export class WasmInvalidError extends Error {
  readonly reason: WasmInvalidReason;
  /** Byte offset in the module. */
  readonly offset: number;
  /**
   * The WebAssembly feature by its usual name (`threads`, `memory64`, `gc` …), for `unsupported`
   * only.
   */
  readonly feature: string | undefined;

  constructor(reason: WasmInvalidReason, offset: number, message: string, feature?: string) {
    super(`${message} (at byte ${offset})`);
    this.name = 'WasmInvalidError';
    this.reason = reason;
    this.offset = offset;
    this.feature = feature;
  }
}

/** The refusal of a feature that is known and not run here. */
export function unsupported(feature: string, offset: number, what: string): WasmInvalidError {
  return new WasmInvalidError(
    'unsupported',
    offset,
    `${what} belongs to "${feature}", which is not supported`,
    feature,
  );
}
