import type { Dirent } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { decodeText } from '../../program/decodeText.ts';
import { PROGRAM_LIMITS } from '../../program/programLimits.ts';
import { ProgramReader, type ReadFault } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import { readToml, type TomlNode, type TomlTable } from '../../program/tomlDocument.ts';
import { isInside } from '../files/isInside.ts';

/** Files beside a crate, and in the folders above it, that cargo and rustup read. */
const SETTINGS = [
  'Cargo.toml',
  'Cargo.lock',
  'rust-toolchain',
  'rust-toolchain.toml',
  join('.cargo', 'config'),
  join('.cargo', 'config.toml'),
];
const NOT_WALKED = new Set(['target', '.git', '.grafos', 'node_modules']);
const READ_BY_RUST = /\.(rs|toml|lock)$/;

/**
 * Refuses a crate whose files cargo and rustc must not read: they follow every link and read a
 * device for ever.
 *
 * A crate of the program that this one depends on by path is checked, too. One outside of the
 * program did not come with it.
 *
 * @param crate absolute path of its folder
 * @throws {GrafosError} no_such_file, not_a_file, file_too_large, file_outside_program,
 *   program_too_large
 */
export async function checkCrateFiles(root: string, crate: string): Promise<void> {
  const reader = new ProgramReader(root);
  const known = new Set<string>();
  let names = 0;
  const waiting = [crate];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (known.has(folder) || !isInside(root, folder)) continue;
    known.add(folder);
    if (known.size > PROGRAM_LIMITS.folderEntries) refuse(tooMany(), root, folder);
    for (const above of foldersUp(root, folder)) for (const name of SETTINGS) await judge(reader, join(above, name));
    waiting.push(...(await namedByManifest(reader, folder, folder === crate)));
    names += await walk(reader, folder, PROGRAM_LIMITS.folderEntries - names);
  }
}

/**
 * Judges what the folder of a crate holds.
 *
 * @returns how many names that were
 */
async function walk(reader: ProgramReader, crate: string, left: number): Promise<number> {
  let names = 0;
  const folders = [crate];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const read = await reader.listSoon(folder);
    if (read.state !== 'ok') refuse(read, reader.root, folder);
    for (const entry of read.state === 'ok' ? read.entries : []) {
      names += 1;
      if (names > left) refuse(tooMany(), reader.root, folder);
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!NOT_WALKED.has(entry.name)) folders.push(path);
      } else if (entry.isSymbolicLink() || READ_BY_RUST.test(entry.name)) await judgeEntry(reader, path, entry);
    }
  }
  return names;
}

async function judgeEntry(reader: ProgramReader, path: string, entry: Dirent): Promise<void> {
  const seen = await reader.lookSoon(path);
  // A link may lead to a folder of the program, whose files were written into the program like all
  // others.
  if (seen.state === 'ok' && entry.isSymbolicLink() && seen.stat.isDirectory()) return;
  await judge(reader, path);
}

/** A file that is not there is for cargo to miss. */
async function judge(reader: ProgramReader, path: string): Promise<void> {
  const seen = await reader.lookSoon(path);
  if (seen.state === 'missing') return;
  if (seen.state !== 'ok') refuse(seen, reader.root, path);
  else if (!seen.stat.isFile()) refuse({ state: 'not-a-file' }, reader.root, path);
  else if (seen.stat.size > PROGRAM_LIMITS.crateFile)
    refuse({ state: 'too-large', size: seen.stat.size, most: PROGRAM_LIMITS.crateFile }, reader.root, path);
}

/**
 * Judges the sources that a Cargo.toml names.
 *
 * @returns the folders of the crates that it depends on by path
 */
async function namedByManifest(reader: ProgramReader, crate: string, isNeeded: boolean): Promise<string[]> {
  const path = join(crate, 'Cargo.toml');
  const read = await reader.readSoon(path, 'checkedSource');
  if (read.state === 'missing' && !isNeeded) return [];
  if (read.state !== 'ok') return refuse(read, reader.root, path);
  const { root } = readToml(decodeText(read.bytes) ?? '');
  const sources = [textAt(root, 'lib', 'path'), textAt(root, 'package', 'build')];
  const bins = valueAt(root, 'bin');
  for (const bin of bins?.type === 'array' ? bins.items : [])
    if (bin.type === 'table') sources.push(textAt(bin, 'path'));
  for (const source of sources) {
    const file = source === null ? null : resolve(crate, source);
    if (file !== null && !isInside(reader.root, file)) refuse({ state: 'outside', target: file }, reader.root, path);
    if (file !== null) await judge(reader, file);
  }
  const folders: string[] = [];
  for (const kind of ['dependencies', 'build-dependencies']) {
    const table = valueAt(root, kind);
    for (const { value } of table?.type === 'table' ? table.entries : []) {
      const named = value.type === 'table' ? textAt(value, 'path') : null;
      if (named !== null) folders.push(resolve(crate, named));
    }
  }
  return folders;
}

function valueAt(table: TomlTable, key: string): TomlNode | undefined {
  return table.entries.find((entry) => entry.key === key)?.value;
}

function textAt(table: TomlTable, ...keys: string[]): string | null {
  const [key = '', ...rest] = keys;
  const value = valueAt(table, key);
  if (rest.length > 0) return value?.type === 'table' ? textAt(value, ...rest) : null;
  return value?.type === 'string' ? value.value : null;
}

/** The folders from one of the program up to the program's. */
function foldersUp(root: string, from: string): string[] {
  const folders: string[] = [];
  for (let folder = from; isInside(root, folder); folder = dirname(folder)) folders.push(folder);
  return folders;
}

function tooMany(): ReadFault {
  return { state: 'too-much', what: `a crate with more than ${PROGRAM_LIMITS.folderEntries} names` };
}

function refuse(fault: ReadFault, root: string, path: string): never {
  throw readError(fault, relative(root, path).split(sep).join('/'), 'The crate cannot be built');
}
