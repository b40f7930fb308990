/**
 * The input and answer of `fabricbiosd profile`, each one line of JSON, on its stdin and stdout. It
 * repeats a run with counters in its module (docs/guide/profile.md), and ends when its stdin does.
 */
import type { RunError } from './runError.ts';
import type { RunRecord } from './tenantApi.ts';

export interface ProfileJob {
  record: RunRecord;
  module_b64: string;
  input_b64: string;
}

export interface FuelProfile {
  state: 'succeeded' | 'failed';
  error: RunError | null;
  fuel_used: number;
  output_sha256: string;
  /**
   * `[function index, byte offset in its body (from the locals' count), fuel]` of each instruction
   * that was executed; the fuel adds up to `fuel_used`.
   */
  places: Array<[index: number, bodyOffset: number, fuel: number]>;
  /**
   * The tree of calls, parents first. The fuel adds up to `fuel_used`.
   *
   * `[function index, parent's place in this list or -1, fuel of its own instructions there, times
   * entered, byte offset of the call in the parent's body or -1]`. A function that calls itself,
   * directly or not, goes on at its first place on the way.
   */
  calls: Array<[index: number, parent: number, fuel: number, entered: number, site: number]>;
}
