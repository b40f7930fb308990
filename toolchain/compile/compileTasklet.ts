import { join } from 'node:path';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import type { Finding } from '../validate/finding.ts';
import { BuildFailedError } from './buildFailed.ts';
import { recordBuild } from './buildRecord.ts';
import { buildTool } from './buildTool.ts';
import type { Compiled } from './compiled.ts';
import { writeEditorTypes } from './editorTypes.ts';
import { moduleFindings } from './moduleFindings.ts';
import { placedFindings } from './placedFindings.ts';
import { makeStamp, type SourceFile, stampSection } from './sourceStamp.ts';
import { readSections, writeSections } from './wasmSections.ts';
import { writeModule } from './writeModule.ts';

/** Compiles a tasklet of AssemblyScript or WebAssembly text, within bounds. */
export type CompileText = (program: Program, tasklet: Tasklet, signal: AbortSignal | undefined) => Promise<Compiled>;

/**
 * Compiles a tasklet and writes its module, whole or not at all.
 *
 * @param compileText of a caller that may have compiled ahead
 * @throws as `buildTasklet` does
 */
export async function compileTasklet(
  program: Program,
  tasklet: Tasklet,
  signal: AbortSignal | undefined,
  compileText: CompileText | undefined,
): Promise<{ module: Uint8Array; findings: Finding[]; cargo: string | undefined }> {
  const compiled = await compile(program, tasklet, signal, compileText);
  const { wasm, cargo } = compiled;
  if (wasm === null) throw new BuildFailedError(tasklet.name, compiled.diagnostics);
  const module = tasklet.kind === 'wasm' ? wasm : stamped(wasm, tasklet, compiled.files);
  const faults = await placedFindings(program, tasklet, moduleFindings(program, tasklet, module), signal);
  const findings = [...compiled.diagnostics, ...faults];
  if (findings.some(({ severity }) => severity === 'error')) throw new BuildFailedError(tasklet.name, findings);
  signal?.throwIfAborted();
  if (tasklet.kind === 'assemblyscript') await writeEditorTypes(program.root);
  await writeModule(program.root, tasklet.output, module, compiled.sourceMap);
  if (tasklet.kind !== 'wasm') await recordBuild(program, tasklet, module, compiled.sourceMap);
  return { module, findings, cargo };
}

async function compile(
  program: Program,
  tasklet: Tasklet,
  signal: AbortSignal | undefined,
  compileText: CompileText | undefined,
): Promise<Compiled> {
  switch (tasklet.kind) {
    case 'assemblyscript':
    case 'wat':
      return (compileText ?? (await import('../bounded/compileBounded.ts')).compileBounded)(program, tasklet, signal);
    case 'rust': {
      const { buildRust } = await import('./buildRust.ts');
      // cargo is a process already, and ends with the signal.
      return buildRust(program, tasklet, signal === undefined ? {} : { signal });
    }
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
