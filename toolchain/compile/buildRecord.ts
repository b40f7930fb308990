import { createHash } from 'node:crypto';
import { lstatSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { StateFolder } from '../../base/files/stateFolder.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { ProgramReader } from '../../program/programReader.ts';
import { findUserRecords, makeUserRecords } from '../user/userRecords.ts';

/** Folder of the records of builds, among the user's own. */
const FOLDER = 'builds';
const RECORD_BYTES = 16 * 1024;

/** Records that are kept. Past that, the oldest are removed down to the second number. */
const RECORDS_MAX = 2048;
const RECORDS_LEFT = 1792;

/**
 * Finds out whether this user built the module here, and neither it nor its source map changed
 * since.
 *
 * @returns the bound on linear memory that the build checked the module with, bytes; null where it
 *   was not built here
 *
 * The stamp in a module proves nothing by itself: a module that came with a folder may carry any
 * stamp. The record is outside of the program: a clone, a copy or an update of a repository brings
 * none along.
 */
export async function recordedBound(
  reader: ProgramReader,
  tasklet: Tasklet,
  module: Uint8Array,
): Promise<number | null> {
  const map = await reader.readSoon(join(reader.root, `${tasklet.output}.map`), 'sourceMap');
  if (map.state !== 'ok' && map.state !== 'missing') return null;
  try {
    const path = realpathSync.native(reader.root);
    const record = findUserRecords(FOLDER)?.readText(fileOf(path, tasklet), RECORD_BYTES) ?? '';
    const [, facts, bound] = /^(.*\n)(\d+)\n$/s.exec(record) ?? [];
    const isOurs = facts === factsOf(path, tasklet, module, map.state === 'ok' ? map.bytes : null);
    return isOurs ? Number(bound) : null;
  } catch {
    // A record that cannot be read proves nothing.
    return null;
  }
}

/** Records a build. Where no record can be kept, the module does not count as built here. */
export async function recordBuild(
  program: Program,
  tasklet: Tasklet,
  module: Uint8Array,
  map: string | null,
): Promise<void> {
  try {
    const path = realpathSync.native(program.root);
    const folder = makeUserRecords(FOLDER);
    const facts = factsOf(path, tasklet, module, map);
    await folder.write(fileOf(path, tasklet), `${facts}${tasklet.linear_memory_bytes}\n`);
    dropOldest(folder);
  } catch {
    // The next build compiles again.
  }
}

/** Keeps the number of records bounded. Another process may do the same now. */
function dropOldest(folder: StateFolder): void {
  const names = folder.names();
  if (names.length <= RECORDS_MAX) return;
  const written = names.map((name) => ({
    name,
    atMs: lstatSync(folder.file(name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  }));
  written.sort((one, other) => one.atMs - other.atMs);
  for (const { name } of written.slice(0, names.length - RECORDS_LEFT)) folder.remove(name);
}

function fileOf(path: string, { name }: Tasklet): string {
  return `${sha256(`${path}\0${name}`)}.txt`;
}

function factsOf(path: string, { output }: Tasklet, module: Uint8Array, map: Uint8Array | string | null): string {
  return `${path}\n${output}\n${sha256(module)}\n${map === null ? '-' : sha256(map)}\n`;
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
