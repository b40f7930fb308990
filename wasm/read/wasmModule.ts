import type { ModuleCost } from './compileCost.ts';

/**
 * The content of a module as {@link readModule} found it.
 *
 * Index spaces are the specification's: imports first.
 */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'funcref' | 'externref';

export interface FunctionType {
  params: ValueType[];
  results: ValueType[];
}

/** Pages of a memory, entries of a table. */
export interface Limits {
  min: number;
  max: number | null;
}

export interface TableType {
  element: 'funcref' | 'externref';
  limits: Limits;
}

export interface GlobalType {
  type: ValueType;
  mutable: boolean;
}

export type ExternalKind = 'func' | 'table' | 'memory' | 'global';

export type ImportType =
  | { kind: 'func'; type: number }
  | ({ kind: 'table' } & TableType)
  | { kind: 'memory'; limits: Limits }
  | ({ kind: 'global' } & GlobalType);

export interface WasmImport {
  module: string;
  name: string;
  type: ImportType;
}

export interface WasmExport {
  name: string;
  kind: ExternalKind;
  index: number;
}

export interface WasmSection {
  id: number;
  /** Bytes of the content, after the section's id and size. */
  offset: number;
  size: number;
}

export interface CustomSection {
  name: string;
  /** Bytes after the name. */
  offset: number;
  size: number;
}

export interface WasmModule {
  types: FunctionType[];
  imports: WasmImport[];
  importedFunctions: number;
  /** Type index of each function of the module's own. */
  functions: Uint32Array;
  /** Imported ones included. */
  tables: TableType[];
  memories: Limits[];
  globals: GlobalType[];
  exports: WasmExport[];
  /** Function index. */
  start: number | null;
  elementSegments: number;
  dataSegments: number;
  /** Every section except custom ones, in file order. */
  sections: WasmSection[];
  customSections: CustomSection[];
  /**
   * An imported function can be reached through a table or a reference, so an indirect call may be
   * a host call.
   */
  importsEscape: boolean;
  /**
   * Features beyond WebAssembly 1.0 that the module uses, sorted, by their usual names.
   *
   * Features of code are found only when bodies are read.
   */
  features: string[];
  /** Estimate of what compiling it takes; of its functions only when bodies were read. */
  cost: ModuleCost;
}

/** The type of a function, or undefined when the index or its type index is out of range. */
export function functionType(module: WasmModule, index: number): FunctionType | undefined {
  if (index >= module.importedFunctions) {
    const type = module.functions[index - module.importedFunctions];
    return type === undefined ? undefined : module.types[type];
  }
  let seen = 0;
  for (const entry of module.imports) {
    if (entry.type.kind === 'func' && seen++ === index) return module.types[entry.type.type];
  }
  return undefined;
}
