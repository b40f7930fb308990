import type { GrafosError } from '../../base/grafosError.ts';
import type { RawJson } from '../../base/json/parseExactJson.ts';

/**
 * A case of `grafos test`: an input, and what a run on it must end with (docs/guide/sdk.md,
 * "Fixtures").
 */
export interface Fixture {
  name: string;
  /** Absolute paths. */
  inputFile: string;
  expectedFile: string;
  input: Uint8Array;
  expected: Expected;
}

/** A case that cannot be run, because one of its files is missing, too large or invalid. */
export interface BrokenFixture {
  name: string;
  /** Absolute path. */
  expectedFile: string;
  fault: GrafosError;
}

export type Expected =
  /** The output parses as this JSON value; the order of an object's members does not count. */
  | { kind: 'json'; value: ExactJson }
  /** The output is this text, byte for byte as UTF-8. */
  | { kind: 'text'; text: string }
  /** The output is these bytes. */
  | { kind: 'bytes'; bytes: Uint8Array }
  /** The output is that many bytes with this SHA-256 (lower-case hex). */
  | { kind: 'digest'; sha256: string; bytes: number }
  /**
   * The run fails with this label of the tasklet's own, or with this run error
   * (docs/reference/tasklet-abi.md).
   */
  | { kind: 'error'; label: string };

/** A JSON value whose numbers have all their digits, as `parseExactJson` makes it. */
export type ExactJson = null | boolean | number | RawJson | string | ExactJson[] | { [name: string]: ExactJson };
