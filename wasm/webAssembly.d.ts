/**
 * The engine's WebAssembly API (WebAssembly JavaScript Interface 2.0).
 *
 * TypeScript has its types only in the DOM library, with all of a browser around them.
 */
declare namespace WebAssembly {
  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'anyfunc' | 'externref';
  type ImportExportKind = 'function' | 'table' | 'memory' | 'global';
  // biome-ignore lint/suspicious/noExplicitAny: what it takes and returns follows from the module's types
  type ExportFunction = (...args: any[]) => any;
  type ExportValue = ExportFunction | Global | Memory | Table;
  type ImportValue = ExportValue | number | bigint;
  type Imports = Record<string, Record<string, ImportValue>>;

  class Module {
    constructor(bytes: Uint8Array);
    static exports(module: Module): Array<{ name: string; kind: ImportExportKind }>;
    static imports(module: Module): Array<{ module: string; name: string; kind: ImportExportKind }>;
    static customSections(module: Module, name: string): ArrayBuffer[];
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Record<string, ExportValue>;
  }

  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }

  class Table {
    constructor(descriptor: { element: 'anyfunc' | 'externref'; initial: number; maximum?: number }, value?: unknown);
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value?: unknown): void;
    grow(delta: number, value?: unknown): number;
  }

  class Global {
    constructor(descriptor: { value: ValueType; mutable?: boolean }, value?: unknown);
    // The type of the value follows from the type of the global: a bigint for i64, a number for the
    // others, anything for a reference.
    // biome-ignore lint/suspicious/noExplicitAny: as in TypeScript's own declaration
    value: any;
  }

  function validate(bytes: Uint8Array): boolean;
  function compile(bytes: Uint8Array): Promise<Module>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
}
