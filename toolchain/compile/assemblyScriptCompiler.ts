import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CustomDecorator, customDecorators, type DecoratedNode } from './customDecorators.ts';
import { GROW_TEXT_SOURCE, growText, type TextBinaryen, type TextModule } from './growText.ts';
import { type LibraryProgram, type LibrarySource, ParsedLibrary } from './parsedLibrary.ts';
import { standardSource } from './standardLibrary.ts';

/**
 * The AssemblyScript compiler, in this process and behind this one file.
 *
 * It uses the library interface rather than the command line (`asc`), which ends the whole process
 * when the compiler has an internal fault and reads an `asconfig.json` that would change the build.
 * Loading it costs some 400 ms, so it happens on the first compile.
 */
export interface CompileRequest {
  /**
   * Gives a source by the compiler's path (`tasklets/a.ts`, `~lib/as-bignum/index.ts`); null where
   * there is none. The language's library and grafos-std are not asked for.
   *
   * @param dependee the compiler's path, without extension, of the file that imports the source;
   * null for the tasklet itself
   */
  resolve(internalPath: string, dependee: string | null): ResolvedSource | null;
  /** The file whose `compute` is called, without extension. */
  tasklet: string;
  /**
   * The text of the entry point, once the tasklet is parsed. Null when there can be none; then
   * nothing is compiled.
   */
  entry(tasklet: ParsedSource): string | null;
  entryPath: string;
  /** Import path of the memory manager that replaces the compiler's own. */
  runtime: string;
  /**
   * Internal name of the function called instead of the import `env.abort`; null keeps the import.
   */
  abort: string | null;
  /** Extensions of WebAssembly that the module may use, of `bulk-memory` and `simd`. */
  features: readonly string[];
  /** The address of the source map that the module names. */
  sourceMapUrl: string;
  /** Check only: no optimizing, no output. */
  checkOnly: boolean;
  signal: AbortSignal | undefined;
}

export interface ResolvedSource {
  path: string;
  text: string;
}

export interface CompilerDiagnostic {
  severity: 'error' | 'warning' | 'info';
  /** As `TS2322` or `AS102`. */
  code: string;
  text: string;
  place: { path: string; start: number; end: number } | null;
  related: { path: string; start: number; end: number } | null;
}

export interface CompileOutput {
  diagnostics: CompilerDiagnostic[];
  /** Null when there are errors, or when only checking. */
  module: { wasm: Uint8Array; sourceMap: SourceMap } | null;
  /**
   * Decorators in the sources outside of the library that the compiler leaves to transforms, of
   * which there are none.
   */
  customDecorators: CustomDecorator[];
}

/** Source map revision 3 as Binaryen writes it. */
export interface SourceMap {
  version: 3;
  sources: string[];
  names: string[];
  mappings: string;
  sourcesContent?: string[];
}

/**
 * The parts of a parsed tasklet that the build needs: its exported top-level functions. Offsets are
 * in its text.
 */
export interface ParsedSource {
  functions: ParsedFunction[];
}

export interface ParsedFunction {
  name: string;
  exported: boolean;
  generic: boolean;
  params: Array<{ type: string; start: number; end: number }>;
  returns: string;
  returnsAt: { start: number; end: number };
  nameAt: { start: number; end: number };
  /** Start of the whole declaration. */
  start: number;
}

/**
 * Speed first, then size. With shrink level 1 the hello tasklet has 2.3 KiB, with level 0, which
 * unrolls and inlines more, 3.9.
 */
const OPTIMIZE_LEVEL = 3;
const SHRINK_LEVEL = 1;
const RUNTIME_STUB = 0;
const TARGET_WASM32 = 0;
const LIBRARY = '~lib/';
/**
 * The file in which the compiler expects its runtime. It only imports, because the module exports
 * every export of an entry file.
 */
const RUNTIME_PATH = '~lib/rt/index-stub.ts';

const GROW_TEXT_PATH = '~grafos/growText.ts';

const parsedLibrary = new ParsedLibrary();

/** @throws whatever the compiler throws on an internal fault, and the signal's reason. */
export async function compileSources(request: CompileRequest): Promise<CompileOutput> {
  try {
    return await compileWith(request);
  } catch (error) {
    parsedLibrary.forget();
    throw error;
  }
}

async function compileWith(request: CompileRequest): Promise<CompileOutput> {
  const { compiler, binaryen, library } = await loadCompiler();
  const pause = async () => {
    await nextTurn();
    request.signal?.throwIfAborted();
  };
  request.signal?.throwIfAborted();

  const program = compiler.newProgram(createOptions(compiler, request));
  const parsed = new Map<string, string>();
  const parse = (path: string, text: string, isEntry: boolean) => {
    parsed.set(path, text);
    compiler.parse(program, text, path, isEntry);
  };
  const parseLibrary = (path: string, text: string) =>
    parsedLibrary.add(program, path, text, () => compiler.parse(program, text, path, false));
  const parseImports = () => {
    for (let path = compiler.nextFile(program); path !== null; path = compiler.nextFile(program)) {
      const standard = path.startsWith(LIBRARY) ? (fromLibrary(library, path) ?? standardSource(path)) : null;
      if (standard !== null) {
        parseLibrary(standard.path, standard.text);
        continue;
      }
      const source = request.resolve(path, compiler.getDependee(program, path));
      if (source === null) compiler.parse(program, null, `${path}.ts`, false);
      else parse(source.path, source.text, false);
    }
  };
  for (const [name, text] of Object.entries(library)) {
    if (!name.includes('/')) parseLibrary(`${LIBRARY}${name}.ts`, text);
  }
  compiler.parse(program, `import "${request.runtime}";`, RUNTIME_PATH, true);

  const diagnostics: CompilerDiagnostic[] = [];
  const drain = () => {
    for (let next = compiler.nextDiagnostic(program); next !== null; next = compiler.nextDiagnostic(program)) {
      diagnostics.push(readDiagnostic(compiler, next));
    }
    return diagnostics.some(({ severity }) => severity === 'error');
  };
  const output = (module: CompileOutput['module']): CompileOutput => {
    const decorators = program.sources.flatMap(({ normalizedPath: path, statements }) => {
      const text = path === request.entryPath ? undefined : parsed.get(path);
      return text === undefined ? [] : customDecorators({ path, text, statements }, compiler.DecoratorKind.Custom);
    });
    return { diagnostics, module, customDecorators: decorators };
  };

  const tasklet = request.resolve(request.tasklet, null);
  if (tasklet === null) throw new Error(`the tasklet ${request.tasklet} has no source`);
  parse(tasklet.path, tasklet.text, false);
  parseImports();
  if (drain()) return output(null);
  await pause();

  const node = program.sources.find(({ normalizedPath }) => normalizedPath === tasklet.path);
  const entry = node === undefined ? null : request.entry({ functions: readFunctions(compiler, node) });
  if (entry === null) return output(null);
  parse(request.entryPath, entry, true);
  compiler.parse(program, GROW_TEXT_SOURCE, GROW_TEXT_PATH, true);
  parseImports();
  if (drain()) return output(null);

  // Between here and the end of `compile`, no other compile of this thread has a turn.
  for (const source of program.sources) source.debugInfoIndex = -1;
  compiler.initializeProgram(program);
  const module = compiler.compile(program);
  const wrapped = binaryen.wrapModule(compiler.getBinaryenModuleRef(module));
  try {
    if (drain() || request.checkOnly) return output(null);
    await pause();
    if (!compiler.validate(module)) throw new Error('the compiler made a module that is not valid');
    growText(binaryen, wrapped);
    await pause();
    compiler.optimize(module, OPTIMIZE_LEVEL, SHRINK_LEVEL, false, false);
    await pause();
    const { binary, sourceMap } = wrapped.emitBinary(request.sourceMapUrl);
    const map: SourceMap = JSON.parse(sourceMap);
    const texts = map.sources.map((path) => compiler.getSource(program, path.replace(/\.ts$/, '')) ?? '');
    return output({ wasm: binary, sourceMap: { ...map, sourcesContent: texts } });
  } finally {
    wrapped.dispose();
  }
}

function createOptions(compiler: Compiler, { features, abort }: CompileRequest): Options {
  const options = compiler.newOptions();
  compiler.setTarget(options, TARGET_WASM32);
  compiler.setRuntime(options, RUNTIME_STUB);
  compiler.setStackSize(options, 0);
  compiler.setExportMemory(options, true);
  compiler.setSourceMap(options, true);
  compiler.setOptimizeLevelHints(options, OPTIMIZE_LEVEL, SHRINK_LEVEL);
  compiler.setFeature(options, compiler.FEATURE_BULK_MEMORY, features.includes('bulk-memory'));
  compiler.setFeature(options, compiler.FEATURE_SIMD, features.includes('simd'));
  if (abort !== null) compiler.addGlobalAlias(options, 'abort', abort);
  return options;
}

function fromLibrary(library: Library, internalPath: string): ResolvedSource | null {
  const name = internalPath.slice(LIBRARY.length);
  for (const candidate of [name, `${name}/index`]) {
    const text = Object.hasOwn(library, candidate) ? library[candidate] : undefined;
    if (text !== undefined) return { path: `${LIBRARY}${candidate}.ts`, text };
  }
  return null;
}

function readFunctions(compiler: Compiler, source: SourceNode): ParsedFunction[] {
  return source.statements.flatMap((statement): ParsedFunction[] => {
    if (statement.kind !== compiler.NodeKind.FunctionDeclaration) return [];
    const { name, signature, flags, typeParameters, range } = statement as FunctionNode;
    return [
      {
        name: name.text,
        exported: (flags & compiler.CommonFlags.Export) !== 0,
        generic: typeParameters !== null,
        params: signature.parameters.map(({ type, range: at }) => ({
          type: typeText(type),
          start: at.start,
          end: at.end,
        })),
        returns: typeText(signature.returnType),
        returnsAt: { start: signature.returnType.range.start, end: signature.returnType.range.end },
        nameAt: { start: name.range.start, end: name.range.end },
        start: range.start,
      },
    ];
  });
}

function typeText(node: TypeNode): string {
  const named = node.name?.identifier.text;
  if (named === undefined || node.name?.next != null || (node.typeArguments ?? []).length > 0) return '?';
  return node.isNullable ? `${named} | null` : named;
}

function readDiagnostic(compiler: Compiler, diagnostic: Diagnostic): CompilerDiagnostic {
  const place = (range: RangeNode | null) =>
    range === null ? null : { path: range.source.normalizedPath, start: range.start, end: range.end };
  const code = compiler.getDiagnosticCode(diagnostic);
  return {
    severity: compiler.isError(diagnostic) ? 'error' : compiler.isWarning(diagnostic) ? 'warning' : 'info',
    code: `${code < 1000 ? 'AS' : 'TS'}${code}`,
    text: compiler.getDiagnosticMessage(diagnostic),
    place: place(compiler.getDiagnosticRange(diagnostic)),
    related: place(compiler.getDiagnosticRelatedRange(diagnostic)),
  };
}

/** Loads the compiler before it is needed. */
export async function warmCompiler(): Promise<void> {
  await loadCompiler();
}

let loading: Promise<{ compiler: Compiler; binaryen: Binaryen; library: Library }> | undefined;

function loadCompiler(): Promise<{ compiler: Compiler; binaryen: Binaryen; library: Library }> {
  loading ??= (async () => {
    // The packages are named by variables: their own types would put AssemblyScript's globals
    // (`i32`, `select`, …) into every file.
    const [main, wrapper, standard]: string[] = ['assemblyscript', 'assemblyscript/binaryen', 'assemblyscript/asc'];
    const [compiler, binaryen, asc] = await Promise.all([
      import(main ?? ''),
      import(wrapper ?? ''),
      import(standard ?? ''),
    ]);
    return { compiler, binaryen: binaryen.default, library: asc.libraryFiles };
  })();
  return loading;
}

type Library = Record<string, string>;

interface Binaryen extends TextBinaryen {
  wrapModule(reference: number): TextModule & {
    emitBinary(sourceMapUrl: string): { binary: Uint8Array; sourceMap: string };
    dispose(): void;
  };
}

/** The part of assemblyscript/src/index.ts that is used. */
interface Compiler {
  NodeKind: { FunctionDeclaration: number };
  CommonFlags: { Export: number };
  DecoratorKind: { Custom: number };
  FEATURE_BULK_MEMORY: number;
  FEATURE_SIMD: number;
  newOptions(): Options;
  setFeature(options: Options, feature: number, on: boolean): void;
  setTarget(options: Options, target: number): void;
  setRuntime(options: Options, runtime: number): void;
  setStackSize(options: Options, bytes: number): void;
  setExportMemory(options: Options, on: boolean): void;
  setSourceMap(options: Options, on: boolean): void;
  setOptimizeLevelHints(options: Options, optimize: number, shrink: number): void;
  addGlobalAlias(options: Options, alias: string, name: string): void;
  newProgram(options: Options): ProgramNode;
  parse(program: ProgramNode, text: string | null, path: string, isEntry: boolean): void;
  nextFile(program: ProgramNode): string | null;
  getDependee(program: ProgramNode, internalPath: string): string | null;
  initializeProgram(program: ProgramNode): void;
  compile(program: ProgramNode): Module;
  validate(module: Module): boolean;
  optimize(module: Module, optimize: number, shrink: number, debugInfo: boolean, zeroFilled: boolean): void;
  getBinaryenModuleRef(module: Module): number;
  getSource(program: ProgramNode, internalPath: string): string | null;
  nextDiagnostic(program: ProgramNode): Diagnostic | null;
  isError(diagnostic: Diagnostic): boolean;
  isWarning(diagnostic: Diagnostic): boolean;
  getDiagnosticCode(diagnostic: Diagnostic): number;
  getDiagnosticMessage(diagnostic: Diagnostic): string;
  getDiagnosticRange(diagnostic: Diagnostic): RangeNode | null;
  getDiagnosticRelatedRange(diagnostic: Diagnostic): RangeNode | null;
}

type Options = { readonly options: unique symbol };
type Module = { readonly module: unique symbol };
type Diagnostic = { readonly diagnostic: unique symbol };
interface ProgramNode extends LibraryProgram {
  sources: SourceNode[];
}
interface RangeNode {
  start: number;
  end: number;
  source: { normalizedPath: string };
}
interface SourceNode extends LibrarySource {
  normalizedPath: string;
  statements: StatementNode[];
}
interface StatementNode extends DecoratedNode {
  kind: number;
  range: RangeNode;
}
interface FunctionNode extends StatementNode {
  flags: number;
  name: { text: string; range: RangeNode };
  typeParameters: unknown[] | null;
  signature: { parameters: Array<{ type: TypeNode; range: RangeNode }>; returnType: TypeNode };
}
interface TypeNode {
  range: RangeNode;
  isNullable: boolean;
  name?: { identifier: { text: string }; next: unknown };
  typeArguments?: unknown[] | null;
}
