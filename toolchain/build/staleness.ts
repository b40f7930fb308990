import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { WasmInvalid } from '../../wasm/wasmInvalid.ts';
import { buildTool } from './buildTool.ts';
import { makeStamp, readStamp, type SourceFile } from './sourceStamp.ts';

export interface Staleness {
  /** `missing`: not built. `broken`: there, but no module. `unknown`: built by other means and newer than its source. */
  state: 'missing' | 'broken' | 'fresh' | 'stale' | 'unknown';
  /** One sentence for people. */
  why: string;
}

/**
 * Whether the built module is what its sources would give now, told by content: the module carries the digest of what it was made from.
 * Reads the module and its sources, writes nothing, starts nothing. @throws what the file system says, when the module is there but cannot be read.
 */
export function staleness(program: Pick<Program, 'root'>, tasklet: Tasklet): Staleness {
  const wasm = readIfThere(join(program.root, tasklet.output));
  if (wasm === null) return { state: 'missing', why: `${tasklet.output} is not there: it was not built yet.` };
  if (tasklet.kind === 'wasm') return prebuilt(program, tasklet, wasm);
  const stamp = stampOf(wasm);
  if (stamp === undefined) return { state: 'broken', why: `${tasklet.output} is not a WebAssembly module.` };
  if (stamp === null) return byTime(program, tasklet);
  const tool = buildTool(tasklet.kind);
  if (stamp.tool !== tool)
    return { state: 'stale', why: `${tasklet.output} was built by another version of the tools (${stamp.tool}).` };
  const entry = tasklet.kind === 'rust' ? `${tasklet.source}/Cargo.toml` : tasklet.source;
  if (!stamp.files.includes(entry))
    return { state: 'stale', why: `${tasklet.output} was built from another source than ${tasklet.source}.` };
  const files: SourceFile[] = [];
  for (const path of stamp.files) {
    const content = readIfThere(join(program.root, path));
    if (content === null) return { state: 'stale', why: `${path}, which ${tasklet.output} was built from, is gone.` };
    files.push({ path, content });
  }
  return makeStamp(tool, files).digest === stamp.digest
    ? { state: 'fresh', why: `${tasklet.output} was built from these sources.` }
    : { state: 'stale', why: `The source of ${tasklet.output} changed after it was built.` };
}

function prebuilt(program: Pick<Program, 'root'>, tasklet: Tasklet, wasm: Buffer): Staleness {
  const source = readIfThere(join(program.root, tasklet.source));
  if (source === null || source.equals(wasm)) return { state: 'fresh', why: `${tasklet.output} is ${tasklet.source}.` };
  return { state: 'stale', why: `${tasklet.output} differs from ${tasklet.source}.` };
}

function byTime(program: Pick<Program, 'root'>, tasklet: Tasklet): Staleness {
  const built = statSync(join(program.root, tasklet.output)).mtimeMs;
  const source = statSync(join(program.root, tasklet.source), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return source > built
    ? { state: 'stale', why: `${tasklet.source} is newer than ${tasklet.output}.` }
    : { state: 'unknown', why: `${tasklet.output} does not say what it was built from: other means built it.` };
}

function stampOf(wasm: Buffer): ReturnType<typeof readStamp> | undefined {
  try {
    return readStamp(wasm);
  } catch (error) {
    if (error instanceof WasmInvalid) return undefined;
    throw error;
  }
}

function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
}
