import { join, posix } from 'node:path';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { type FileRead, ProgramReader } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import { rustSource } from '../../program/rustSource.ts';
import { WasmInvalidError } from '../../wasm/read/wasmInvalid.ts';
import { recordedBound } from './buildRecord.ts';
import { buildTool } from './buildTool.ts';
import { readStamp, type SourceStamp, sourceDigest } from './sourceStamp.ts';

export interface Staleness {
  /**
   * - `missing`: not built.
   * - `broken`: there, but no module.
   * - `fresh`: this user built it here from the sources as they are.
   * - `foreign`: its stamp names the sources as they are, but nothing proves the stamp.
   * - `unknown`: built by other means and newer than its source.
   */
  state: 'missing' | 'broken' | 'fresh' | 'stale' | 'foreign' | 'unknown';
  /** One sentence for people. */
  why: string;
  /**
   * The bytes of a fresh module, as they were compared, and the bound on linear memory that it was
   * checked with, bytes.
   */
  kept?: { module: Uint8Array; bound: number };
}

/**
 * Compares the built module with what its sources would give now, by content: the module carries
 * the digest of what it was made from.
 *
 * It reads the module and its sources, writes nothing and starts nothing. The names of the sources
 * come from the module, which anybody may have made: only files of the program are read, and the
 * stamp counts only together with the record of the build.
 *
 * @throws {GrafosError} not_a_file, file_too_large, file_outside_program, file_unreadable,
 *   permission_denied when the module is there but cannot be read
 */
export async function staleness(
  program: Pick<Program, 'root'>,
  tasklet: Tasklet,
  reader: ProgramReader = new ProgramReader(program.root),
): Promise<Staleness> {
  const built = await reader.readSoon(join(program.root, tasklet.output), 'module');
  if (built.state === 'missing')
    return { state: 'missing', why: `${tasklet.output} is not there: it was not built yet.` };
  if (built.state !== 'ok') throw readError(built, tasklet.output, 'The module cannot be read');
  if (tasklet.kind === 'wasm') return prebuilt(reader, tasklet, built.bytes);
  const stamp = stampOf(built.bytes);
  if (stamp === undefined) return { state: 'broken', why: `${tasklet.output} is not a WebAssembly module.` };
  if (stamp === null) return byTime(reader, tasklet, built.changedMs);
  const tool = buildTool(tasklet);
  if (stamp.tool !== tool)
    return { state: 'stale', why: `${tasklet.output} was built by another version of the tools (${stamp.tool}).` };
  const entry = tasklet.kind === 'rust' ? posix.join(rustSource(tasklet.source).crate, 'Cargo.toml') : tasklet.source;
  if (!stamp.files.includes(entry))
    return { state: 'stale', why: `${tasklet.output} was built from another source than ${tasklet.source}.` };
  const change = await sourceChange(reader, tasklet, stamp);
  if (change !== null) return { state: 'stale', why: change };
  const bound = await recordedBound(reader, tasklet, built.bytes);
  return bound !== null
    ? { state: 'fresh', why: `${tasklet.output} was built from these sources.`, kept: { module: built.bytes, bound } }
    : { state: 'foreign', why: `${tasklet.output} came from elsewhere: no record says that you built it here.` };
}

/**
 * Compares the sources named by a stamp with those that are there now.
 *
 * @returns one sentence on the first difference; null where a build would find the same sources
 */
export async function sourceChange(
  reader: ProgramReader,
  { output }: Pick<Tasklet, 'output'>,
  { tool, files, digest: expected }: SourceStamp,
): Promise<string | null> {
  const digest = sourceDigest(tool);
  for (const path of files) {
    const read = await readSource(reader, path);
    if (read.state !== 'ok') return lost(read.state, path, output);
    digest.add({ path, content: read.bytes });
    const first = path.endsWith('/index.ts') ? path.replace(/\/index\.ts$/, '.ts') : null;
    if (first !== null && (await readSource(reader, first)).state === 'ok')
      return `${first} is there now, and the compiler takes it before ${path}.`;
  }
  return digest.end() === expected ? null : `The source of ${output} changed after it was built.`;
}

/** A build writes names relative to the program without `..`; others are not even looked for. */
async function readSource(reader: ProgramReader, path: string): Promise<FileRead> {
  const isOwn = /^[^/\\]/.test(path) && !/^[A-Za-z]:/.test(path) && !path.split('/').includes('..');
  if (!isOwn) return { state: 'outside', target: path };
  let read: FileRead = { state: 'missing' };
  for (const folder of path.startsWith('node_modules/') ? reader.packageFolders : [reader.root]) {
    read = await reader.readSoon(join(folder, path), 'crateFile');
    if (read.state !== 'missing') break;
  }
  return read;
}

function lost(state: FileRead['state'], path: string, output: string): string {
  if (state === 'missing') return `${path}, which ${output} was built from, is gone.`;
  if (state === 'outside') return `${output} says that it was built from ${path}, outside of the program.`;
  return `${path}, which ${output} was built from, cannot be read.`;
}

async function prebuilt(reader: ProgramReader, tasklet: Tasklet, wasm: Buffer): Promise<Staleness> {
  const source = await reader.readSoon(join(reader.root, tasklet.source), 'module');
  if (source.state === 'missing' || (source.state === 'ok' && source.bytes.equals(wasm)))
    return { state: 'fresh', why: `${tasklet.output} is ${tasklet.source}.` };
  return { state: 'stale', why: `${tasklet.output} differs from ${tasklet.source}.` };
}

async function byTime(reader: ProgramReader, tasklet: Tasklet, builtMs: number): Promise<Staleness> {
  const source = await reader.lookSoon(join(reader.root, tasklet.source));
  return source.state === 'ok' && source.stat.mtimeMs > builtMs
    ? { state: 'stale', why: `${tasklet.source} is newer than ${tasklet.output}.` }
    : { state: 'unknown', why: `${tasklet.output} does not say what it was built from: other means built it.` };
}

function stampOf(wasm: Buffer): ReturnType<typeof readStamp> | undefined {
  try {
    return readStamp(wasm);
  } catch (error) {
    if (error instanceof WasmInvalidError) return undefined;
    throw error;
  }
}
