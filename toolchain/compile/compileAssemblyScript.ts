import { basename, dirname, join, relative, sep } from 'node:path';
import { decodeText, NOT_TEXT } from '../../program/decodeText.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { PROGRAM_LIMITS } from '../../program/programLimits.ts';
import { ProgramReader, type ReadFault } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import { type TextLines, type TextRange, textLines } from '../../program/textLines.ts';
import { FILE_START, type Finding, finding } from '../validate/finding.ts';
import { isCommonFault, readFinding } from '../validate/readFinding.ts';
import {
  type CompileOutput,
  type CompilerDiagnostic,
  compileSources,
  type ParsedFunction,
  type ResolvedSource,
  type SourceMap,
} from './assemblyScriptCompiler.ts';
import { COMPUTE_SHAPE, type ComputeFault, entryPoint } from './assemblyScriptEntry.ts';
import { packageTransform } from './packageTransform.ts';
import type { SourceFile } from './sourceStamp.ts';
import { thrownWords } from './thrownWords.ts';
import { type TransformFiles, transformFindings } from './transformFindings.ts';

export interface CompileAssemblyScript {
  program: Program;
  tasklet: Tasklet;
  /** Texts that stand in for files, by absolute path: what an editor has not saved yet. */
  overlay?: ReadonlyMap<string, string>;
  /** Diagnostics alone, in about half the time. */
  checkOnly?: boolean;
  signal?: AbortSignal;
}

export interface CompiledAssemblyScript {
  /**
   * Null when there are errors or when only checking. Without the source stamp, which the build
   * adds.
   */
  wasm: Uint8Array | null;
  /** JSON (source map revision 3); paths are relative to the map's own folder. */
  sourceMap: string | null;
  /** GRF2112 and GRF2113, then GRF2101 to GRF2104 in the compiler's order; files are absolute. */
  diagnostics: Finding[];
  /** The program's files that went in, as they were read. */
  files: SourceFile[];
}

const ENTRY = '~grafos/entry.ts';
const STANDARD_ENTRY = '~lib/grafos-std/entry.ts';
const RUNTIME = 'grafos-std/runtime';
const ABORT = '~lib/grafos-std/abort/abort';
/** More than anybody reads. */
const DIAGNOSTICS_MAX = 1_000;

/**
 * Compiles an AssemblyScript tasklet with grafos-std and its generated entry point, in this
 * process. Writes nothing.
 *
 * @throws the signal's reason, and nothing else
 */
export async function compileAssemblyScript(request: CompileAssemblyScript): Promise<CompiledAssemblyScript> {
  const { program, tasklet } = request;
  const files = new SourceFiles(program.root, request.overlay ?? new Map());
  const source = join(program.root, tasklet.source);
  let fault: ComputeFault | null = null;
  let compute: ParsedFunction | undefined;
  let output: CompileOutput;
  try {
    if (files.resolve(stem(tasklet.source), null) === null) {
      return failedWith(sourceFault(tasklet.source, source, files.faultOf(stem(tasklet.source))));
    }
    output = await compileSources({
      resolve: (path, dependee) => files.resolve(path, dependee),
      tasklet: stem(tasklet.source),
      entryPath: ENTRY,
      entry(parsed) {
        compute = parsed.functions.find(({ name }) => name === 'compute');
        const made = entryPoint(parsed, tasklet.source);
        if ('text' in made) return made.text;
        fault = made.fault;
        return null;
      },
      runtime: RUNTIME,
      abort: ABORT,
      features: tasklet.features,
      sourceMapUrl: `${basename(tasklet.output)}.map`,
      checkOnly: request.checkOnly ?? false,
      signal: request.signal,
    });
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason;
    if (error instanceof TooMuchReadError) return failedWith(readFinding(error.fault, error.path, source, FILE_START));
    const message = `The AssemblyScript compiler stopped with a fault of its own: ${thrownWords(error)}. Undo the last change; if it stays, please report the source that shows it.`;
    return failedWith(finding('GRF2101', source, FILE_START, message));
  }
  fault ??= entryFault(output.diagnostics, compute);
  const diagnostics = output.diagnostics
    // What the entry point stumbles over besides follows from that one fault.
    .filter((one) => fault === null || files.at(one.place?.path ?? '') !== null)
    .slice(0, DIAGNOSTICS_MAX)
    .flatMap((one) => toFinding(one, files, source));
  if (fault !== null) diagnostics.push(faultFinding(fault, source, files.textOf(source)));
  // First, because they explain what the compiler says of a package's files.
  diagnostics.unshift(...transformFindings(output.customDecorators, files, source));
  return {
    wasm: output.module?.wasm ?? null,
    sourceMap: output.module === null ? null : JSON.stringify(relocate(output.module.sourceMap, tasklet.output, files)),
    diagnostics,
    files: files.used(),
  };
}

function failedWith(one: Finding): CompiledAssemblyScript {
  return { wasm: null, sourceMap: null, diagnostics: [one], files: [] };
}

/** Why there is no tasklet to compile. */
function sourceFault(name: string, source: string, fault: ReadFault): Finding {
  if (isCommonFault(fault)) return readFinding(fault, name, source, FILE_START);
  const { why } = readError(fault, name, 'The source cannot be read');
  return finding('GRF2001', source, FILE_START, `${name} cannot be read. ${why} Check "source" in grafos.toml.`);
}

/**
 * There are more files than a tasklet may be made from. Further diagnostics would be about files
 * that were not read.
 */
class TooMuchReadError extends Error {
  readonly fault: Extract<ReadFault, { state: 'too-much' }>;
  readonly path: string;

  constructor(fault: Extract<ReadFault, { state: 'too-much' }>, path: string) {
    super(fault.what);
    this.fault = fault;
    this.path = path;
  }
}

function stem(path: string): string {
  return path.replace(/\.ts$/, '');
}

/**
 * The files that an AssemblyScript tasklet may import: those of its program, and packages. Packages
 * are looked for where the compiler looks, up to the last of the reader's package folders.
 */
class SourceFiles implements TransformFiles {
  readonly #root: string;
  readonly #overlay: ReadonlyMap<string, string>;
  readonly #files = new Map<string, { file: string; text: string; content: Uint8Array; place: string }>();
  readonly #packageFolders: readonly string[];
  /**
   * Folder of the package that a file belongs to, by the file's compiler path without extension.
   */
  readonly #packageOf = new Map<string, string>();
  /** Folder of each package that a file was taken of, by its name. */
  readonly #packages = new Map<string, string>();
  /** Why the file behind a compiler path was not read, where it is there. */
  readonly #faults = new Map<string, ReadFault>();
  readonly #reader: ProgramReader;
  readonly #lines = new Map<string, TextLines>();

  constructor(root: string, overlay: ReadonlyMap<string, string>) {
    this.#root = root;
    this.#reader = new ProgramReader(root);
    this.#packageFolders = this.#reader.packageFolders;
    this.#overlay = overlay;
  }

  resolve(internalPath: string, dependee: string | null): ResolvedSource | null {
    if (internalPath.startsWith('../') || internalPath.startsWith('/') || /^[A-Za-z]:/.test(internalPath)) return null;
    const packaged = /^~lib\/((?:@[^/]+\/)?[^/]+)(\/.+)?$/.exec(internalPath);
    if (packaged === null) return this.#take(internalPath, join(this.#root, ...internalPath.split('/')), false);
    const [, name = '', rest] = packaged;
    for (const folder of this.#foldersFor(dependee)) {
      const home = join(folder, ...name.split('/'));
      const isBare = rest === undefined;
      const found = this.#take(internalPath, isBare ? home : join(home, ...rest.split('/')), isBare);
      if (found === null) continue;
      this.#packageOf.set(stem(found.path), home);
      this.#packages.set(name, home);
      return found;
    }
    return null;
  }

  /**
   * Lists the `node_modules` that may have the package of an import, in the compiler's own order.
   */
  #foldersFor(dependee: string | null): string[] {
    const from = this.#packageOf.get(dependee ?? '') ?? this.#root;
    const folders: string[] = [];
    for (let folder = from; !this.#packageFolders.includes(folder); folder = dirname(folder)) {
      if (dirname(folder) === folder) break;
      if (basename(folder) !== 'node_modules') folders.push(join(folder, 'node_modules'));
    }
    const above = this.#packageFolders.filter((folder) => isBelow(folder, from));
    return [...folders, ...above.map((folder) => join(folder, 'node_modules'))];
  }

  /** Takes the source at a path without extension, or the index of the folder of that name. */
  #take(internalPath: string, place: string, onlyIndex: boolean): ResolvedSource | null {
    for (const candidate of onlyIndex ? ['/index.ts'] : ['.ts', '/index.ts']) {
      const path = internalPath + candidate;
      const file = place + candidate.replaceAll('/', sep);
      // The compiler asks for a file once for each import of it.
      const taken = this.#files.get(path);
      if (taken?.file === file) return { path, text: taken.text };
      const content = this.#read(internalPath, file);
      if (content === null) continue;
      // A byte order mark would shift every position by one.
      const text = decodeText(content);
      if (text === null) {
        this.#faults.set(internalPath, { state: 'unreadable', why: NOT_TEXT, error: undefined });
        continue;
      }
      this.#files.set(path, { file, text, content, place: this.#placeOf(file) });
      return { path, text };
    }
    return null;
  }

  /**
   * Names a file as the module does. A package has one name, in whichever folder it is installed.
   */
  #placeOf(file: string): string {
    const folder = this.#packageFolders.find((one) => file.startsWith(join(one, 'node_modules') + sep));
    return posix(relative(folder ?? this.#root, file));
  }

  /** Why {@link resolve} found nothing. */
  faultOf(internalPath: string): ReadFault {
    return this.#faults.get(internalPath) ?? { state: 'missing' };
  }

  #read(internalPath: string, file: string): Buffer | null {
    const unsaved = this.#overlay.get(file);
    if (unsaved !== undefined) return Buffer.from(unsaved, 'utf8');
    const read = this.#reader.read(file, 'source');
    if (read.state === 'ok' && this.#files.size === PROGRAM_LIMITS.sourceFiles) {
      const what = `a tasklet made from more than ${PROGRAM_LIMITS.sourceFiles} files`;
      throw new TooMuchReadError({ state: 'too-much', what }, internalPath);
    }
    if (read.state === 'too-much') throw new TooMuchReadError(read, internalPath);
    if (read.state !== 'ok' && read.state !== 'missing') this.#faults.set(internalPath, read);
    return read.state === 'ok' ? read.bytes : null;
  }

  /**
   * The file behind a compiler path, or null where it is grafos-std, the language's own library or
   * the entry point.
   */
  at(path: string): { file: string; text: string } | null {
    return this.#files.get(path) ?? null;
  }

  /**
   * The lines of a file that {@link at} knows. They are made once, because a text may have a
   * thousand diagnostics.
   */
  linesOf({ file, text }: { file: string; text: string }): TextLines {
    const lines = this.#lines.get(file) ?? textLines(text);
    this.#lines.set(file, lines);
    return lines;
  }

  /** The topmost folder whose packages may be imported. */
  lastPackageFolder(): string {
    return this.#packageFolders.at(-1) ?? this.#root;
  }

  textOf(file: string): string {
    for (const one of this.#files.values()) if (one.file === file) return one.text;
    return '';
  }

  /** The files of the program itself. */
  own(): Array<{ file: string; text: string }> {
    return [...this.#files].flatMap(([path, file]) => (path.startsWith('~lib/') ? [] : [file]));
  }

  /** Names of the packages that bring a transform, with the place of the transform in each. */
  transforms(): Map<string, string> {
    const found = new Map<string, string>();
    for (const [name, home] of this.#packages) {
      const transform = packageTransform(this.#reader, home);
      if (transform !== null) found.set(name, transform);
    }
    return found;
  }

  used(): SourceFile[] {
    return [...this.#files.values()].map(({ place, content }) => ({ path: place, content }));
  }
}

function isBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function posix(path: string): string {
  return path.split(sep).join('/');
}

function toFinding(diagnostic: CompilerDiagnostic, files: SourceFiles, source: string): Finding[] {
  if (diagnostic.severity === 'info') return [];
  const code = diagnostic.severity === 'error' ? 'GRF2101' : 'GRF2102';
  const own = diagnostic.place === null ? null : files.at(diagnostic.place.path);
  if (diagnostic.place !== null && own !== null) {
    const range = files.linesOf(own).rangeOf(diagnostic.place);
    return [
      importFault(diagnostic, files, own.file, range) ??
        failFault(diagnostic, files.linesOf(own), own) ??
        finding(code, own.file, range, sentence(diagnostic)),
    ];
  }
  // What is wrong inside grafos-std or the language's library was caused by the code that uses it.
  if (diagnostic.severity === 'warning') return [];
  const where = diagnostic.place === null ? '' : ` (in ${diagnostic.place.path})`;
  const related = diagnostic.related === null ? null : files.at(diagnostic.related.path);
  const range: TextRange =
    related === null || diagnostic.related === null ? FILE_START : files.linesOf(related).rangeOf(diagnostic.related);
  return [finding(code, related?.file ?? source, range, `${sentence(diagnostic)}${where}`)];
}

/** A `fail` whose type was not given, where its caller returns another type than bytes. */
function failFault(
  { code, text, place }: CompilerDiagnostic,
  lines: TextLines,
  own: { file: string; text: string },
): Finding | null {
  const wanted = /^Type '~lib\/typedarray\/Uint8Array' is not assignable to type '(?:.*\/)?([^']+)'\.$/.exec(text)?.[1];
  if (code !== 'TS2322' || wanted === undefined || place === null) return null;
  const call = /^fail\s*(?=\()/.exec(own.text.slice(place.start, place.end))?.[0];
  if (call === undefined) return null;
  const type = wanted === 'String' ? 'string' : wanted;
  const at = place.start + 'fail'.length;
  const range = lines.rangeOf({ start: at, end: at });
  return finding(
    'GRF2101',
    own.file,
    lines.rangeOf(place),
    `${code}: ${text}\nfail gives Uint8Array unless its type is given. Write fail<${type}>(…) here.`,
    { title: `Write fail<${type}>`, edits: [{ range, newText: `<${type}>` }] },
  );
}

/** The compiler knows of a file only that it did not get it. */
function importFault({ text }: CompilerDiagnostic, files: SourceFiles, file: string, range: TextRange): Finding | null {
  const path = /^File '(.+)\.ts' not found\.$/.exec(text)?.[1];
  const fault = path === undefined ? null : files.faultOf(path);
  if (path === undefined || fault === null) return null;
  if (fault.state === 'missing') return missingPackage(path, files, file, range);
  if (isCommonFault(fault)) return readFinding(fault, `${path}.ts`, file, range);
  const { why } = readError(fault, path, 'The file cannot be read');
  return finding('GRF2101', file, range, `${path}.ts cannot be read. ${why}`);
}

/** A package that is in none of the folders; null where the path is of no package. */
function missingPackage(path: string, files: SourceFiles, file: string, range: TextRange): Finding | null {
  const name = /^~lib\/((?:@[^/]+\/)?[^/]+)\/?/.exec(path)?.[1];
  if (name === undefined) return null;
  const where = files.lastPackageFolder();
  const message = `The import "${path.slice('~lib/'.length)}" is in no package "${name}". Packages are looked for in the node_modules of the program and of the folders above it up to ${where}. Install the package, or correct the import.`;
  return finding('GRF2101', file, range, message);
}

function sentence({ code, text }: CompilerDiagnostic): string {
  const outside = /^File '(\.\.\/.*|\/.*)' not found\.$/.exec(text);
  if (outside !== null) {
    return `${outside[1]} lies outside the program's folder, and a build takes nothing from there. Move it into the program.`;
  }
  return `${code}: ${text}`;
}

/**
 * Faults of `compute` that only the compiler sees, because its types have names of their own or it
 * comes from another file.
 */
function entryFault(
  diagnostics: readonly CompilerDiagnostic[],
  compute: ParsedFunction | undefined,
): ComputeFault | null {
  const start = { start: 0, end: 0 };
  for (const { place, text } of diagnostics) {
    if (place?.path === ENTRY && /no exported member 'compute'/.test(text)) {
      const message = `The tasklet has no function \`compute\`, which every run calls. Write ${COMPUTE_SHAPE}.`;
      return { kind: 'missing', span: start, message };
    }
    const [, what] = /^User-defined: "compute (takes|returns) /.exec(text) ?? [];
    if (place?.path !== STANDARD_ENTRY || what === undefined) continue;
    const span = what === 'takes' ? compute?.params[0] : compute?.returnsAt;
    const message = `\`compute\` ${what === 'takes' ? "is given the run's input" : "gives the run's output"} as Uint8Array or string, not as another type. Write ${COMPUTE_SHAPE}.`;
    return { kind: 'shape', span: span ?? start, message };
  }
  return null;
}

function faultFinding(fault: ComputeFault, source: string, text: string): Finding {
  const lines = textLines(text);
  const { exportAt } = fault;
  return finding(
    fault.kind === 'missing' ? 'GRF2103' : 'GRF2104',
    source,
    lines.rangeOf(fault.span),
    fault.message,
    exportAt === undefined
      ? undefined
      : {
          title: 'Export compute',
          edits: [{ range: lines.rangeOf({ start: exportAt, end: exportAt }), newText: 'export ' }],
        },
  );
}

/** Names the program's files as seen from the map, so that the map is the same in any folder. */
function relocate(map: SourceMap, output: string, files: SourceFiles): SourceMap {
  const sources = map.sources.map((path) =>
    files.at(path) === null || path.startsWith('~lib/') ? path : posix(relative(dirname(`/${output}`), `/${path}`)),
  );
  return { ...map, sources };
}
