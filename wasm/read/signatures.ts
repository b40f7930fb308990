import type { WasmModule } from './wasmModule.ts';

/**
 * Parameters and results of each function type, and the type of each function, imported ones first.
 */
export interface Signatures {
  readonly params: Uint16Array;
  readonly results: Uint16Array;
  readonly typeOf: Uint32Array;
}

/** Signatures of a module whose types, imports and functions have been read. */
export function signaturesOf({ types, imports, importedFunctions, functions }: WasmModule): Signatures {
  const typeOf = new Uint32Array(importedFunctions + functions.length);
  let index = 0;
  for (const { type } of imports) if (type.kind === 'func') typeOf[index++] = type.type;
  typeOf.set(functions, index);
  return {
    params: Uint16Array.from(types, ({ params }) => params.length),
    results: Uint16Array.from(types, ({ results }) => results.length),
    typeOf,
  };
}
