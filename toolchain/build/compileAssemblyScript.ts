import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { type TextRange, textLines } from '../../program/textLines.ts';
import { FILE_START, type Finding, finding } from '../validate/finding.ts';
import {
  type CompileOutput,
  type CompilerDiagnostic,
  compileSources,
  type ParsedFunction,
  type ResolvedSource,
  type SourceMap,
} from './assemblyScriptCompiler.ts';
import { COMPUTE_SHAPE, type ComputeFault, entryPoint } from './assemblyScriptEntry.ts';
import type { SourceFile } from './sourceStamp.ts';
import { standardSource } from './standardLibrary.ts';

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
  /** Null when there are errors or when only checking. Without the source stamp, which the build adds. */
  wasm: Uint8Array | null;
  /** JSON (source map revision 3); paths are relative to the map's own folder. */
  sourceMap: string | null;
  /** GRF2101 to GRF2104, in the compiler's order; files are absolute. */
  diagnostics: Finding[];
  /** The program's files that went in, as they were read. */
  files: SourceFile[];
}

const ENTRY = '~grafos/entry.ts';
const STANDARD_ENTRY = '~lib/grafos-std/entry.ts';
const RUNTIME = 'grafos-std/runtime';
const ABORT = '~lib/grafos-std/abort/abort';

/** Compiles an AssemblyScript tasklet with grafos-std and its generated entry point, in this process. Writes nothing. Throws only the signal's reason. */
export async function compileAssemblyScript(request: CompileAssemblyScript): Promise<CompiledAssemblyScript> {
  const { program, tasklet } = request;
  const files = new SourceFiles(program.root, request.overlay ?? new Map());
  const source = join(program.root, tasklet.source);
  let fault: ComputeFault | null = null;
  let compute: ParsedFunction | undefined;
  let output: CompileOutput;
  try {
    if (files.resolve(stem(tasklet.source)) === null) {
      return failedWith(
        finding('GRF2001', source, FILE_START, `${tasklet.source} cannot be read. Check "source" in grafos.toml.`),
      );
    }
    output = await compileSources({
      resolve: (path) => files.resolve(path),
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
      sourceMapUrl: `${basename(tasklet.output)}.map`,
      checkOnly: request.checkOnly ?? false,
      signal: request.signal,
    });
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason;
    const what = error instanceof Error ? error.message : String(error);
    const message = `The AssemblyScript compiler stopped with a fault of its own: ${what}. Undo the last change; if it stays, please report the source that shows it.`;
    return failedWith(finding('GRF2101', source, FILE_START, message));
  }
  fault ??= entryFault(output.diagnostics, compute);
  const diagnostics = output.diagnostics
    // What the entry point stumbles over besides follows from that one fault.
    .filter((one) => fault === null || files.at(one.place?.path ?? '') !== null)
    .flatMap((one) => toFinding(one, files, source));
  if (fault !== null) diagnostics.push(faultFinding(fault, source, files.textOf(source)));
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

function stem(path: string): string {
  return path.replace(/\.ts$/, '');
}

/** The files an AssemblyScript tasklet may import: those of its program, and packages in the program's own `node_modules`. */
class SourceFiles {
  readonly #root: string;
  readonly #overlay: ReadonlyMap<string, string>;
  readonly #files = new Map<string, { file: string; text: string; content: Uint8Array }>();

  constructor(root: string, overlay: ReadonlyMap<string, string>) {
    this.#root = root;
    this.#overlay = overlay;
  }

  resolve(internalPath: string): ResolvedSource | null {
    const standard = standardSource(internalPath);
    if (standard !== null) return standard;
    if (internalPath.startsWith('../') || internalPath.startsWith('/') || /^[A-Za-z]:/.test(internalPath)) return null;
    const packaged = /^~lib\/((?:@[^/]+\/)?[^/]+)(\/.+)?$/.exec(internalPath);
    const place = packaged === null ? internalPath : `node_modules/${packaged[1]}${packaged[2] ?? ''}`;
    for (const candidate of packaged === null || packaged[2] !== undefined ? ['.ts', '/index.ts'] : ['/index.ts']) {
      const file = join(this.#root, ...place.split('/')) + candidate.replaceAll('/', sep);
      const unsaved = this.#overlay.get(file);
      const content = unsaved === undefined ? readBytes(file) : Buffer.from(unsaved, 'utf8');
      if (content === null) continue;
      // A byte order mark would shift every position by one.
      const text = content.toString('utf8').replace(/^\uFEFF/, '');
      const path = internalPath + (packaged !== null && packaged[2] === undefined ? '/index.ts' : candidate);
      this.#files.set(path, { file, text, content });
      return { path, text };
    }
    return null;
  }

  /** The file behind a compiler path, or null where it is grafos-std, the language's own library or the entry point. */
  at(path: string): { file: string; text: string } | null {
    return this.#files.get(path) ?? null;
  }

  textOf(file: string): string {
    for (const one of this.#files.values()) if (one.file === file) return one.text;
    return '';
  }

  used(): SourceFile[] {
    return [...this.#files.values()].map(({ file, content }) => ({ path: posix(relative(this.#root, file)), content }));
  }
}

function posix(path: string): string {
  return path.split(sep).join('/');
}

function readBytes(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}

function toFinding(diagnostic: CompilerDiagnostic, files: SourceFiles, source: string): Finding[] {
  if (diagnostic.severity === 'info') return [];
  const code = diagnostic.severity === 'error' ? 'GRF2101' : 'GRF2102';
  const own = diagnostic.place === null ? null : files.at(diagnostic.place.path);
  if (diagnostic.place !== null && own !== null) {
    return [finding(code, own.file, textLines(own.text).rangeOf(diagnostic.place), sentence(diagnostic))];
  }
  // What is wrong inside grafos-std or the language's library was caused by the code that uses it.
  if (diagnostic.severity === 'warning') return [];
  const where = diagnostic.place === null ? '' : ` (in ${diagnostic.place.path})`;
  const related = diagnostic.related === null ? null : files.at(diagnostic.related.path);
  const range: TextRange =
    related === null || diagnostic.related === null ? FILE_START : textLines(related.text).rangeOf(diagnostic.related);
  return [finding(code, related?.file ?? source, range, `${sentence(diagnostic)}${where}`)];
}

function sentence({ code, text }: CompilerDiagnostic): string {
  const outside = /^File '(\.\.\/.*|\/.*)' not found\.$/.exec(text);
  if (outside !== null) {
    return `${outside[1]} lies outside the program's folder, and a build takes nothing from there. Move it into the program.`;
  }
  return `${code}: ${text}`;
}

/** What only the compiler can tell of `compute`, because its types have names of their own or it comes from another file. */
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

/** Names the program's files as seen from the map, so that the map is the same wherever the program lies. */
function relocate(map: SourceMap, output: string, files: SourceFiles): SourceMap {
  const sources = map.sources.map((path) =>
    files.at(path) === null || path.startsWith('~lib/') ? path : posix(relative(dirname(`/${output}`), `/${path}`)),
  );
  return { ...map, sources };
}
