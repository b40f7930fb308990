import { randomBytes } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  promises,
  readdirSync,
  readFile,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { makeFolders } from './makeFolders.ts';
import { closedToOwner, isErrno, kindOf, naming, noEntry, ofOther, unsafe } from './stateFault.ts';

/** Name of a program's state folder. */
export const STATE_NAME = '.grafos';

/**
 * Windows has neither flag. There, the look before the open and the comparison after it do the
 * work.
 */
const NOFOLLOW = constants.O_NOFOLLOW ?? 0;
const NONBLOCK = constants.O_NONBLOCK ?? 0;

const STICKY = 0o1000n;
/** Bytes of a file that {@link StateFolder.read} takes, unless it is given another bound. */
const READ_BYTES = 1024 * 1024;
const OPEN_TRIES = 5;
/**
 * Errors of an open after which the place is looked at again: what was there is gone, or a link or
 * a file took its place. FUSE gives ENOENT for an open folder that was removed, too.
 */
const REPLACED = ['ENOENT', 'ELOOP', 'ENOTDIR'];

const readDescriptor = promisify(readFile);

/**
 * A folder that holds the program's own state, and the one way to touch what is in it
 * (docs/adr/0023-one-way-to-touch-state.md).
 *
 * The folder, and every folder above it up to a trusted root, is a real folder of this user with
 * mode 0700. A link, a junction or another user's folder is refused. A file in it is a regular file
 * with one name. Each operation looks at all of this again, because an update of a repository may
 * put a link where a folder was.
 */
export class StateFolder {
  readonly path: string;
  readonly #parent: StateFolder | undefined;
  readonly #stats: BigIntStats;

  private constructor(path: string, parent: StateFolder | undefined, stats: BigIntStats) {
    this.path = path;
    this.#parent = parent;
    this.#stats = stats;
  }

  /**
   * Makes the folder `names` below `root`, one name for each level, or takes the one that is there.
   *
   * @param root a folder that is trusted as it is, links included
   * @throws {GrafosError} state_unsafe
   * @throws an error of the file system
   */
  static make(root: string, first: string, ...names: string[]): StateFolder {
    return names.reduce((folder, name) => folder.make(name), StateFolder.#made(root, first, undefined));
  }

  /**
   * Finds the folder `names` below `root`.
   *
   * @returns undefined when a level is missing
   * @throws {GrafosError} state_unsafe
   */
  static find(root: string, first: string, ...names: string[]): StateFolder | undefined {
    return names.reduce<StateFolder | undefined>(
      (folder, name) => folder?.find(name),
      StateFolder.#found(root, first, undefined),
    );
  }

  /**
   * Makes or takes the folder at `path`. The trusted root is the folder that holds `.grafos`, or,
   * for a place outside of any `.grafos`, the parent of `path`, which is made when it is missing.
   *
   * @throws {GrafosError} state_unsafe
   */
  static at(path: string): StateFolder {
    const [root, first, ...names] = levels(path);
    makeFolders(root);
    return StateFolder.make(root, first, ...names);
  }

  /** Finds the folder at `path`, with the trusted root of {@link StateFolder.at}. */
  static findAt(path: string): StateFolder | undefined {
    return StateFolder.find(...levels(path));
  }

  /** Says whether a path lies in the state folder of a program. */
  static holds(path: string): boolean {
    return resolve(path).split(sep).includes(STATE_NAME);
  }

  static #made(parent: string, name: string, above: StateFolder | undefined): StateFolder {
    const there = StateFolder.#found(parent, name, above);
    if (there !== undefined) return there;
    const path = join(parent, name);
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      // Another process made it at the same time.
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    const fresh = StateFolder.#found(parent, name, above);
    if (fresh === undefined) throw noEntry(path);
    return fresh;
  }

  static #found(parent: string, name: string, above: StateFolder | undefined): StateFolder | undefined {
    const path = join(parent, plain(parent, name));
    for (let tries = 1; ; tries += 1) {
      const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      if (stats === undefined) return undefined;
      if (!stats.isDirectory()) throw unsafe(path, `${kindOf(path, stats)} is where a folder must be.`);
      if (!isMine(stats) && !givesItsOwner(path, stats)) throw unsafe(path, ofOther(stats));
      if ((stats.mode & STICKY) !== 0n) throw unsafe(path, 'It is a folder that several users share.');
      const isClosed = process.platform === 'win32' || (stats.mode & 0o777n) === 0o700n;
      if (isClosed || closeToOthers(path, stats)) return new StateFolder(path, above, stats);
      if (tries === OPEN_TRIES) throw unsafe(path, 'It was replaced while it was opened.');
    }
  }

  make(name: string): StateFolder {
    this.check();
    return StateFolder.#made(this.path, name, this);
  }

  find(name: string): StateFolder | undefined {
    this.check();
    return StateFolder.#found(this.path, name, this);
  }

  /** @throws {GrafosError} state_unsafe when this folder, or one above it, was replaced */
  check(): void {
    this.#parent?.check();
    const now = lstatSync(this.path, { bigint: true, throwIfNoEntry: false });
    if (now === undefined) throw noEntry(this.path);
    if (!isSame(now, this.#stats)) throw unsafe(this.path, `${kindOf(this.path, now)} took the place of the folder.`);
  }

  /** Path of a file in the folder, which need not be there. Nothing is looked at. */
  file(name: string): string {
    return join(this.path, plain(this.path, name));
  }

  /**
   * Path of a file for software that opens it by itself.
   *
   * @throws {GrafosError} state_unsafe when something else than a file of this user is there
   */
  checked(name: string): string {
    this.check();
    const path = this.file(name);
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats !== undefined) this.#checkFile(path, stats, true);
    return path;
  }

  names(): string[] {
    this.check();
    return readdirSync(this.path);
  }

  /**
   * Opens a file to append to and to read, and makes it when it is missing.
   *
   * @returns a descriptor, which the caller closes
   * @throws {GrafosError} state_unsafe
   */
  openAppend(name: string): number {
    return this.#open(name, constants.O_RDWR | constants.O_APPEND, true) as number;
  }

  /**
   * Opens a file to read.
   *
   * @returns a descriptor, which the caller closes, or undefined when there is no file
   * @throws {GrafosError} state_unsafe
   */
  openRead(name: string): number | undefined {
    return this.#open(name, constants.O_RDONLY, false);
  }

  /**
   * Reads a small file.
   *
   * @returns undefined when there is none
   * @throws {GrafosError} state_unsafe, also for a file of more than `most` bytes
   */
  read(name: string, most = READ_BYTES): Buffer | undefined {
    const fd = this.openRead(name);
    if (fd === undefined) return undefined;
    try {
      const bytes = Buffer.alloc(Math.min(Number(fstatSync(fd).size), most) + 1);
      let length = 0;
      for (let read = -1; read !== 0 && length < bytes.length; length += read)
        read = readSync(fd, bytes, length, bytes.length - length, length);
      if (length > most) throw unsafe(this.file(name), `It has more than ${most} bytes.`);
      return bytes.subarray(0, length);
    } finally {
      closeSync(fd);
    }
  }

  /** Reads a small file of text; see {@link StateFolder.read}. */
  readText(name: string, most = READ_BYTES): string | undefined {
    return this.read(name, most)?.toString('utf8');
  }

  /**
   * Reads a file of any size without holding up the thread.
   *
   * @returns undefined when there is none
   * @throws {GrafosError} state_unsafe
   */
  async readWhole(name: string): Promise<Buffer | undefined> {
    const fd = this.openRead(name);
    if (fd === undefined) return undefined;
    try {
      return await readDescriptor(fd);
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Writes a small file, mode 0600, where none is.
   *
   * @returns false when something of that name is there
   */
  writeNew(name: string, content: string): boolean {
    this.check();
    let fd: number;
    try {
      fd = openSync(this.file(name), 'wx', 0o600);
    } catch (error) {
      if (isErrno(error, 'EEXIST')) return false;
      throw error;
    }
    try {
      writeFileSync(fd, content);
    } catch (error) {
      throw naming(this.file(name), error);
    } finally {
      closeSync(fd);
    }
    return true;
  }

  /**
   * Writes a whole file or nothing, mode 0600: a reader sees the old content or the new.
   *
   * @param aside name of the file while it is written
   */
  async write(
    name: string,
    content: string | Uint8Array | Uint8Array[],
    temporaryName = `.${name}.${process.pid}.${randomBytes(4).toString('hex')}`,
  ): Promise<void> {
    this.check();
    const path = this.file(name);
    const temporary = this.file(temporaryName);
    // An exclusive open makes the file itself, so it never goes through a link.
    const handle = await promises.open(temporary, 'wx', 0o600);
    try {
      try {
        for (const part of Array.isArray(content) ? content : [content]) await handle.writeFile(part);
      } finally {
        await handle.close();
      }
      this.check();
      await promises.rename(temporary, path);
    } catch (error) {
      await promises.rm(temporary, { force: true });
      throw naming(path, error);
    }
  }

  /** Gives what is called `from` the name `to`. A link is renamed itself. */
  rename(from: string, to: string): void {
    this.check();
    renameSync(this.file(from), this.file(to));
  }

  /** Removes a file, a folder with all that is in it, or a link itself; it need not be there. */
  remove(name: string): void {
    this.check();
    rmSync(this.file(name), { recursive: true, force: true });
  }

  /**
   * Removes a file or a link itself; it need not be there.
   *
   * @throws an error of the file system for a folder, which stays
   */
  removeFile(name: string): void {
    this.check();
    rmSync(this.file(name), { force: true });
  }

  /** Removes a folder that is empty; anything else stays, and it need not be there. */
  removeEmpty(name: string): void {
    this.check();
    try {
      rmdirSync(this.file(name));
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw error;
    }
  }

  #open(name: string, flags: number, make: boolean): number | undefined {
    this.check();
    const path = this.file(name);
    const writes = (flags & constants.O_RDWR) !== 0;
    for (let tries = 1; ; tries += 1) {
      const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      if (stats === undefined && !make) return undefined;
      if (stats !== undefined) this.#checkFile(path, stats, writes);
      try {
        const fd =
          stats === undefined
            ? openSync(path, flags | constants.O_CREAT | constants.O_EXCL, 0o600)
            : openSync(path, flags | NOFOLLOW | NONBLOCK);
        if (stats !== undefined) this.#checkOpened(path, fd, stats, writes);
        return fd;
      } catch (error) {
        if (stats !== undefined && isErrno(error, 'EACCES')) throw closedToOwner(path, stats);
        // The file came, went or was replaced between the look and the open.
        const raced = stats === undefined ? isErrno(error, 'EEXIST') : isErrno(error, ...REPLACED);
        if (!raced) throw error;
        if (tries === OPEN_TRIES) throw unsafe(path, 'It was replaced while it was opened.');
      }
    }
  }

  #checkFile(path: string, stats: BigIntStats, writes: boolean): void {
    if (!stats.isFile()) throw unsafe(path, `${kindOf(path, stats)} is where a file must be.`);
    if (stats.uid !== this.#stats.uid && !isMine(stats)) throw unsafe(path, ofOther(stats));
    if (writes && stats.nlink > 1n) throw unsafe(path, `The file has ${stats.nlink} names, and one may lie elsewhere.`);
  }

  #checkOpened(path: string, fd: number, looked: BigIntStats, writes: boolean): void {
    try {
      const opened = fstatSync(fd, { bigint: true });
      if (!isSame(opened, looked)) throw unsafe(path, 'It was replaced while it was opened.');
      if (writes && (opened.mode & 0o077n) !== 0n) setMode(fd, 0o600);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }
}

/**
 * Gives a folder mode 0700, where the file system keeps modes.
 *
 * @returns false when another process removed or replaced the folder meanwhile
 */
function closeToOthers(path: string, looked: BigIntStats): boolean {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | NOFOLLOW);
    if (!isSame(fstatSync(fd, { bigint: true }), looked)) return false;
    setMode(fd, 0o700);
    return true;
  } catch (error) {
    if (isErrno(error, ...REPLACED)) return false;
    if (isErrno(error, 'EACCES')) throw closedToOwner(path, looked);
    throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Sets a mode where the file system keeps modes; the others, and a read-only one, refuse. */
function setMode(fd: number, mode: number): void {
  try {
    fchmodSync(fd, mode);
  } catch (error) {
    if (!isErrno(error, 'EPERM', 'ENOTSUP', 'EROFS', 'EINVAL')) throw error;
  }
}

function isMine(stats: BigIntStats): boolean {
  const uid = process.geteuid?.();
  return uid === undefined || stats.uid === BigInt(uid);
}

/** Some mounts show one owner for all files. There a new file has the folder's owner as well. */
function givesItsOwner(path: string, stats: BigIntStats): boolean {
  const probe = join(path, `.owner-probe.${process.pid}.${randomBytes(4).toString('hex')}`);
  let fd: number;
  try {
    fd = openSync(probe, 'wx', 0o600);
  } catch {
    return false;
  }
  try {
    return fstatSync(fd, { bigint: true }).uid === stats.uid;
  } finally {
    closeSync(fd);
    rmSync(probe, { force: true });
  }
}

function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino && one.mode >> 12n === other.mode >> 12n;
}

/** Splits a path into its trusted root and the levels that are checked. */
function levels(path: string): [root: string, first: string, ...names: string[]] {
  const whole = resolve(path);
  const names = whole.split(sep);
  const at = names.lastIndexOf(STATE_NAME);
  const [first = '', ...more] = at < 0 ? names.slice(-1) : names.slice(at);
  const root = at < 0 ? dirname(whole) : names.slice(0, at).join(sep);
  if (root === whole) throw unsafe(whole, 'It is the root of a file system.');
  // The first level of an absolute path is the root itself: `/`, or `C:\` on Windows.
  return [root === '' || root.endsWith(':') ? `${root}${sep}` : root, first, ...more];
}

function plain(folder: string, name: string): string {
  if (name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name)) return name;
  throw unsafe(folder, `${JSON.stringify(name)} is not the name of one file.`);
}
