import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LIMITS } from '../../base/limits.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import { checkProfile } from '../../wasm/profile.ts';
import { PAGE_BYTES } from '../../wasm/read/pages.ts';
import { readModule } from '../../wasm/read/readModule.ts';
import { WasmInvalidError } from '../../wasm/read/wasmInvalid.ts';
import { compileBounded } from '../bounded/compileBounded.ts';
import { fileError } from '../files/fileError.ts';
import { outputFolder } from '../files/outputFolder.ts';
import { writeAtomically } from '../files/writeAtomically.ts';
import { FILE_START, type Finding, finding } from '../validate/finding.ts';
import { BuildFailedError } from './buildFailed.ts';
import { recordBuild } from './buildRecord.ts';
import { buildRust } from './buildRust.ts';
import { buildTool } from './buildTool.ts';
import type { Compiled } from './compiled.ts';
import { writeEditorTypes } from './editorTypes.ts';
import { keptBuild } from './keptBuild.ts';
import { profileFinding } from './profileFinding.ts';
import { makeStamp, type SourceFile, stampSection } from './sourceStamp.ts';
import { readSections, writeSections } from './wasmSections.ts';

export interface BuildResult {
  tasklet: string;
  kind: Tasklet['kind'];
  /**
   * Absolute path of the module. Its source map, where there is one, is beside it as
   * `<output>.map`.
   */
  output: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
  /**
   * The module was there already and its sources did not change, so nothing was compiled. Warnings
   * of the compile before are not repeated.
   */
  unchanged: boolean;
  duration_ms: number;
  warnings: Finding[];
  /** Absolute path of the cargo that built it; only for Rust. */
  cargo?: string;
}

/**
 * Builds a tasklet and writes its module, whole or not at all. The same source gives the same bytes
 * in any folder. After any error, an older module is left as it was.
 *
 * @param options.compileText compiles AssemblyScript and WebAssembly text for a caller that may
 *   have compiled ahead
 * @throws {BuildFailedError} where the source or the module has errors
 * @throws {GrafosError} where a tool is missing, or a file cannot be read or written
 * @throws the signal's reason where it is cancelled
 */
export async function buildTasklet(
  program: Program,
  tasklet: Tasklet,
  options: { signal?: AbortSignal; compileText?: typeof compileBounded } = {},
): Promise<BuildResult> {
  const started = performance.now();
  const { signal, compileText = compileBounded } = options;
  signal?.throwIfAborted();
  const kept = await keptBuild(program, tasklet);
  // The manifest may have another bound now.
  const isChecked = kept?.bound === tasklet.linear_memory_bytes;
  if (kept != null && (isChecked || check(program, tasklet, kept.module).length === 0)) {
    if (tasklet.kind === 'assemblyscript') await writeEditorTypes(program.root);
    return result(tasklet, program, kept.module, [], true, started);
  }
  const compiled = await compile(program, tasklet, signal, compileText);
  const { wasm } = compiled;
  if (wasm === null) throw new BuildFailedError(tasklet.name, compiled.diagnostics);
  const module = tasklet.kind === 'wasm' ? wasm : stamped(wasm, tasklet, compiled.files);
  const findings = [...compiled.diagnostics, ...check(program, tasklet, module)];
  if (findings.some(({ severity }) => severity === 'error')) throw new BuildFailedError(tasklet.name, findings);
  signal?.throwIfAborted();
  if (tasklet.kind === 'assemblyscript') await writeEditorTypes(program.root);
  await write(program.root, tasklet.output, module, compiled.sourceMap);
  if (tasklet.kind !== 'wasm') await recordBuild(program, tasklet, module, compiled.sourceMap);
  return result(tasklet, program, module, findings, false, started, compiled.cargo);
}

function result(
  tasklet: Tasklet,
  program: Program,
  module: Uint8Array,
  warnings: Finding[],
  isUnchanged: boolean,
  started: number,
  cargo?: string,
): BuildResult {
  return {
    tasklet: tasklet.name,
    kind: tasklet.kind,
    output: join(program.root, tasklet.output),
    bytes: module.length,
    sha256: createHash('sha256').update(module).digest('hex'),
    unchanged: isUnchanged,
    duration_ms: Math.round(performance.now() - started),
    warnings,
    ...(cargo === undefined ? {} : { cargo }),
  };
}

async function compile(
  program: Program,
  tasklet: Tasklet,
  signal: AbortSignal | undefined,
  compileText: typeof compileBounded,
): Promise<Compiled> {
  switch (tasklet.kind) {
    case 'assemblyscript':
    case 'wat':
      return compileText(program, tasklet, signal);
    case 'rust':
      // cargo is a process already, and ends with the signal.
      return buildRust(program, tasklet, signal === undefined ? {} : { signal });
    case 'wasm':
      return copyModule(program, tasklet);
  }
}

async function copyModule(program: Program, tasklet: Tasklet): Promise<Compiled> {
  const source = join(program.root, tasklet.source);
  const read = await new ProgramReader(program.root).readSoon(source, 'module');
  if (read.state !== 'ok') throw readError(read, tasklet.source, `The tasklet "${tasklet.name}" cannot be read`);
  return { wasm: read.bytes, sourceMap: null, diagnostics: [], files: [] };
}

function stamped(wasm: Uint8Array, tasklet: Tasklet, files: SourceFile[]): Uint8Array {
  return writeSections([...readSections(wasm), stampSection(makeStamp(buildTool(tasklet), files))]);
}

/** The findings that a cell would have for the module. */
function check(program: Program, tasklet: Tasklet, wasm: Uint8Array): Finding[] {
  const file = join(program.root, tasklet.source);
  if (wasm.length > LIMITS.module) {
    return [
      finding(
        'GRF3004',
        file,
        FILE_START,
        `The module has ${wasm.length} bytes; a cell takes at most ${LIMITS.module}.`,
      ),
    ];
  }
  try {
    const problems = checkProfile(readModule(wasm), {
      memoryMaxPages: Math.floor(tasklet.linear_memory_bytes / PAGE_BYTES),
    });
    return problems.map((problem) => profileFinding(problem, file));
  } catch (error) {
    if (!(error instanceof WasmInvalidError)) throw error;
    return [finding('GRF3005', file, FILE_START, `The module cannot be used: ${error.message}.`)];
  }
}

async function write(root: string, path: string, wasm: Uint8Array, sourceMap: string | null): Promise<void> {
  try {
    const output = join(outputFolder(root, path), basename(path));
    // The map first: whoever sees the new module finds the map that belongs to it.
    if (sourceMap === null) await rm(`${output}.map`, { force: true });
    else await writeAtomically(`${output}.map`, sourceMap);
    await writeAtomically(output, wasm);
  } catch (error) {
    throw fileError(error, `${join(root, path)} cannot be written`);
  }
}
