import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { ProgramReader } from '../../program/programReader.ts';
import type { Finding } from '../validate/finding.ts';
import type { CompileText } from './compileTasklet.ts';
import { keptBuild } from './keptBuild.ts';

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
 * @param options.reader finds out what changed; new for each build, because it has bounds
 * @throws {BuildFailedError} where the source or the module has errors
 * @throws {GrafosError} where a tool is missing, or a file cannot be read or written
 * @throws the signal's reason where it is cancelled
 */
export async function buildTasklet(
  program: Program,
  tasklet: Tasklet,
  options: { signal?: AbortSignal; compileText?: CompileText; reader?: ProgramReader } = {},
): Promise<BuildResult> {
  // The first look at `performance` would load another millisecond of Node's own code.
  const started = process.hrtime.bigint();
  const { signal, compileText, reader } = options;
  signal?.throwIfAborted();
  const kept = await keptBuild(program, tasklet, reader);
  if (kept != null && (await isTaken(program, tasklet, kept))) {
    if (tasklet.kind === 'assemblyscript') await (await import('./editorTypes.ts')).writeEditorTypes(program.root);
    return result(tasklet, program, kept.module, [], true, started);
  }
  // A build of what did not change, which is most of them, loads no compiler.
  const { compileTasklet } = await import('./compileTasklet.ts');
  const { module, findings, cargo } = await compileTasklet(program, tasklet, signal, compileText);
  return result(tasklet, program, module, findings, false, started, cargo);
}

/** Says whether a cell takes a kept module. The manifest may have another bound now. */
async function isTaken(
  program: Program,
  tasklet: Tasklet,
  { module, bound }: { module: Uint8Array; bound: number },
): Promise<boolean> {
  if (bound === tasklet.linear_memory_bytes) return true;
  const { moduleFindings } = await import('./moduleFindings.ts');
  return moduleFindings(program, tasklet, module).length === 0;
}

function result(
  tasklet: Tasklet,
  program: Program,
  module: Uint8Array,
  warnings: Finding[],
  isUnchanged: boolean,
  started: bigint,
  cargo?: string,
): BuildResult {
  return {
    tasklet: tasklet.name,
    kind: tasklet.kind,
    output: join(program.root, tasklet.output),
    bytes: module.length,
    sha256: createHash('sha256').update(module).digest('hex'),
    unchanged: isUnchanged,
    duration_ms: Number((process.hrtime.bigint() - started) / 1_000_000n),
    warnings,
    ...(cargo === undefined ? {} : { cargo }),
  };
}
