import { randomFillSync } from 'node:crypto';
import { BinaryReader } from '../../../wasm/read/binaryReader.ts';
import { MODULE_LIMITS } from '../../../wasm/read/moduleLimits.ts';
import { readModule } from '../../../wasm/read/readModule.ts';
import { SECTION } from '../../../wasm/read/section.ts';
import { VALUE_TYPE_CODES } from '../../../wasm/read/typeReader.ts';
import { WasmInvalidError } from '../../../wasm/read/wasmInvalid.ts';
import type { ValueType } from '../../../wasm/read/wasmModule.ts';

/** Bytes before the first section: magic number and version. */
const HEADER_BYTES = 8;

/** Two secret factors for each place in a type, so that nobody can make two types of one hash. */
const FACTORS = randomFillSync(new Int32Array(2 * (2 * MODULE_LIMITS.arity + 4)));

/**
 * Hashes the function types that V8 may meet in an artifact and in its metered module.
 *
 * The meter adds a type for the block around a body, and one for an inner function. An artifact
 * whose types cannot be read has none, because V8 never meets it.
 */
export function typesMet(artifact: Uint8Array): number[] {
  try {
    const { types } = readModule(artifact.subarray(0, endOfTypes(artifact)), { bodies: false });
    const seen = new Set<number>();
    for (const { params, results } of types) {
      seen.add(hashOf(params, results));
      if (results.length > 1) seen.add(hashOf([], results));
      seen.add(hashOf([...params, 'i64'], [...results, 'i64']));
    }
    return [...seen];
  } catch (error) {
    if (error instanceof WasmInvalidError) return [];
    throw error;
  }
}

/** Finds the end of the section of types, after which nothing of the module is read. */
function endOfTypes(artifact: Uint8Array): number {
  const reader = new BinaryReader(artifact, HEADER_BYTES);
  while (reader.pos < artifact.length) {
    const id = reader.u8();
    const size = reader.u32();
    reader.skip(size);
    if (id >= SECTION.type) break;
  }
  return Math.min(reader.pos, artifact.length);
}

function hashOf(params: readonly ValueType[], results: readonly ValueType[]): number {
  let high = 0;
  let low = 0;
  let at = 0;
  const take = (code: number) => {
    high = (high + Math.imul(code, FACTORS[at++] as number)) | 0;
    low = (low + Math.imul(code, FACTORS[at++] as number)) | 0;
  };
  for (const param of params) take(VALUE_TYPE_CODES[param]);
  take(1);
  for (const result of results) take(VALUE_TYPE_CODES[result]);
  return (high >>> 12) * 2 ** 32 + (low >>> 0);
}
