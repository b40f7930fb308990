/**
 * The reader of everything that comes from a program (docs/adr/0026-one-bounded-reader.md).
 *
 * A folder that was only opened may hold links to devices, pipes and files of any size, so no other
 * code opens a file of a program.
 */
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  promises,
  readSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { GatheredBytes } from './gatheredBytes.ts';
import { packageFolders } from './packageFolders.ts';
import { PROGRAM_LIMITS, type ProgramFileKind } from './programLimits.ts';

/** The reasons why nothing was read. */
export type ReadFault =
  | { state: 'missing' }
  /** A folder, a device, a pipe or a socket. */
  | { state: 'not-a-file' }
  | { state: 'too-large'; size: number; most: number }
  /**
   * The links of the path lead to `target`, which is neither in the program nor in its packages.
   */
  | { state: 'outside'; target: string }
  /** The reader has read as much as it may. */
  | { state: 'too-much'; what: string }
  | { state: 'unreadable'; why: string; error: unknown };

export type FileRead = { state: 'ok'; bytes: Buffer; changedMs: number } | ReadFault;
export type FolderRead = { state: 'ok'; entries: Dirent[] } | ReadFault;
export type Look = { state: 'ok'; stat: Stats; real: string } | ReadFault;

/** Neither waits for the other end of a pipe nor takes a terminal; Windows has neither flag. */
const FLAGS =
  constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0) | (constants.O_NOFOLLOW ?? 0);

/**
 * Reads regular files that lie in one program, each up to the bound of its kind, and all of them up
 * to the bounds of one operation. A file may be reached by links as long as they end inside the
 * program. A path below the `node_modules` of one of {@link packageFolders} may also end in the
 * `node_modules` of a folder above. Package managers put the packages there that programs share.
 */
export class ProgramReader {
  readonly root: string;
  #roots: Roots | undefined;
  #packageFolders: readonly string[] | undefined;
  #files = 0;
  #bytes = 0;

  /** @param root absolute path of the program's folder */
  constructor(root: string) {
    this.root = root;
  }

  /** The folders whose `node_modules` the program may import from, nearest first. */
  get packageFolders(): readonly string[] {
    this.#packageFolders ??= packageFolders(this.root);
    return this.#packageFolders;
  }

  /** Looks at a path without opening it. A link is followed, if it stays inside. */
  look(path: string): Look {
    try {
      this.#roots ??= rootsOf(realpathSync.native(this.root));
      const real = realpathSync.native(path);
      return this.#inside(path, real) ?? { state: 'ok', stat: lstatSync(real), real };
    } catch (error) {
      return faultOf(error);
    }
  }

  /** As {@link look}, without holding up the thread. */
  async lookSoon(path: string): Promise<Look> {
    try {
      this.#roots ??= rootsOf(await promises.realpath(this.root));
      const real = await promises.realpath(path);
      return this.#inside(path, real) ?? { state: 'ok', stat: await promises.lstat(real), real };
    } catch (error) {
      return faultOf(error);
    }
  }

  /** Reads a file. Holds up the thread, so the editor's own thread may not call it. */
  read(path: string, kind: ProgramFileKind): FileRead {
    const seen = this.#admit(this.look(path), kind);
    if (seen.state !== 'ok') return seen;
    let fd: number | undefined;
    try {
      fd = openSync(seen.real, FLAGS);
      const stat = fstatSync(fd);
      if (!stat.isFile()) return { state: 'not-a-file' };
      const gathered = new GatheredBytes(stat.size, PROGRAM_LIMITS[kind]);
      for (let room = gathered.room(); room !== null; room = gathered.room())
        if (!gathered.took(readSync(fd, room, 0, room.length, null))) break;
      return this.#done(gathered, stat, kind);
    } catch (error) {
      return faultOf(error);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  /** As {@link read}, without holding up the thread. */
  async readSoon(path: string, kind: ProgramFileKind): Promise<FileRead> {
    const seen = this.#admit(await this.lookSoon(path), kind);
    if (seen.state !== 'ok') return seen;
    try {
      await using file = await promises.open(seen.real, FLAGS);
      const stat = await file.stat();
      if (!stat.isFile()) return { state: 'not-a-file' };
      const gathered = new GatheredBytes(stat.size, PROGRAM_LIMITS[kind]);
      for (let room = gathered.room(); room !== null; room = gathered.room())
        if (!gathered.took((await file.read(room, 0, room.length, null)).bytesRead)) break;
      return this.#done(gathered, stat, kind);
    } catch (error) {
      return faultOf(error);
    }
  }

  /**
   * Lists the entries of a folder in order of name. A folder with more entries than the bound is
   * refused as a whole: half of it would be a lie.
   */
  list(path: string): FolderRead {
    const seen = this.look(path);
    if (seen.state !== 'ok') return seen;
    if (!seen.stat.isDirectory()) return { state: 'not-a-file' };
    try {
      const folder = opendirSync(seen.real);
      const entries: Dirent[] = [];
      try {
        for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
          if (entries.length === PROGRAM_LIMITS.folderEntries) return tooManyEntries();
          entries.push(entry);
        }
      } finally {
        folder.closeSync();
      }
      return { state: 'ok', entries: entries.sort(byName) };
    } catch (error) {
      return faultOf(error);
    }
  }

  /** As {@link list}, without holding up the thread. */
  async listSoon(path: string): Promise<FolderRead> {
    const seen = await this.lookSoon(path);
    if (seen.state !== 'ok') return seen;
    if (!seen.stat.isDirectory()) return { state: 'not-a-file' };
    try {
      const entries: Dirent[] = [];
      // The iterator closes the folder, also when it is left early.
      for await (const entry of await promises.opendir(seen.real)) {
        if (entries.length === PROGRAM_LIMITS.folderEntries) return tooManyEntries();
        entries.push(entry);
      }
      return { state: 'ok', entries: entries.sort(byName) };
    } catch (error) {
      return faultOf(error);
    }
  }

  #inside(path: string, real: string): ReadFault | null {
    const roots = this.#roots;
    if (roots === undefined || isIn(roots.program, real)) return null;
    const wanted = resolve(path);
    const packaged = this.packageFolders.some((folder) => wanted.startsWith(join(folder, 'node_modules') + sep));
    if (packaged && roots.packages.some((folder) => isIn(folder, real))) return null;
    return { state: 'outside', target: real };
  }

  /** Counts the file, and refuses what need not be opened to be refused. */
  #admit(seen: Look, kind: ProgramFileKind): Look {
    if (seen.state !== 'ok') return seen;
    if (!seen.stat.isFile()) return { state: 'not-a-file' };
    const most = PROGRAM_LIMITS[kind];
    if (seen.stat.size > most) return { state: 'too-large', size: seen.stat.size, most };
    this.#files += 1;
    if (this.#files > PROGRAM_LIMITS.files) return tooMuch(`more than ${PROGRAM_LIMITS.files} files`);
    if (this.#bytes + seen.stat.size > PROGRAM_LIMITS.totalBytes) return tooManyBytes();
    return seen;
  }

  #done(gathered: GatheredBytes, stat: Stats, kind: ProgramFileKind): FileRead {
    const bytes = gathered.bytes();
    if (bytes === null) return { state: 'too-large', size: gathered.size, most: PROGRAM_LIMITS[kind] };
    this.#bytes += bytes.length;
    if (this.#bytes > PROGRAM_LIMITS.totalBytes) return tooManyBytes();
    return { state: 'ok', bytes, changedMs: stat.mtimeMs };
  }
}

/** Real paths. */
interface Roots {
  program: string;
  /** The `node_modules` of the folders above the program. */
  packages: string[];
}

function rootsOf(program: string): Roots {
  const packages: string[] = [];
  for (let folder = program; dirname(folder) !== folder; ) {
    folder = dirname(folder);
    packages.push(join(folder, 'node_modules'));
  }
  return { program, packages };
}

function isIn(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function byName(left: Dirent, right: Dirent): number {
  return left.name < right.name ? -1 : 1;
}

function tooMuch(what: string): ReadFault {
  return { state: 'too-much', what };
}

function tooManyBytes(): ReadFault {
  return tooMuch(`more than ${PROGRAM_LIMITS.totalBytes / 1024 ** 2} MiB`);
}

function tooManyEntries(): ReadFault {
  return tooMuch(`a folder with more than ${PROGRAM_LIMITS.folderEntries} names`);
}

function faultOf(error: unknown): ReadFault {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    // A name with a zero byte in it is the name of no file.
    case 'ERR_INVALID_ARG_VALUE':
      return { state: 'missing' };
    case 'ELOOP':
      return { state: 'unreadable', why: 'its links lead back to themselves', error };
    case 'EACCES':
    case 'EPERM':
      return { state: 'unreadable', why: 'permission is denied', error };
    // A device without a driver, a socket: what was looked at is no longer what is opened.
    case 'ENXIO':
    case 'EISDIR':
      return { state: 'not-a-file' };
    default:
      return { state: 'unreadable', why: error instanceof Error ? error.message : String(error), error };
  }
}
