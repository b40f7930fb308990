import type { WasmModule } from './wasmModule.ts';

/** Adds the features that no instruction needs, but the shape of a module does. */
export function noteShapeFeatures(module: WasmModule, features: Set<string>): void {
  if (module.tables.length > 1) features.add('reference-types');
  for (const entry of module.exports) {
    if (entry.kind === 'global' && module.globals[entry.index]?.mutable) features.add('mutable-globals');
  }
}
