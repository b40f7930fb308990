/**
 * The scheduler's memory: one SQLite file in WAL mode, held exclusively.
 *
 * With `synchronous=NORMAL` every commit is handed to the operating system before it is
 * acknowledged. So a killed process loses nothing that was acknowledged; only a power cut can take
 * the last moments (docs/adr/0004-scheduler-store.md says why that is the right price).
 */
import { closeSync, readSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { StateFolder } from '../../../base/files/stateFolder.ts';
import { GrafosError } from '../../../base/grafosError.ts';
import { RefusedError } from '../refused.ts';
import { storageUnavailable } from '../storageUnavailable.ts';
import { MIGRATIONS } from './migrations.ts';

export const STORE_FILE = 'cell.db';

/**
 * Time that a start waits for a locked store, milliseconds. A reader of a stopped store has it open
 * for one request.
 */
const LOCKED_MS = 1_000;

/** Endings of the files that SQLite puts beside the store. SQLite would follow links there. */
const BESIDE = ['-wal', '-shm', '-journal'];

export type Row = Record<string, SQLOutputValue>;

export interface CellStore {
  prepare(sql: string): StatementSync;
  /**
   * Runs `write` at once. The writes of one turn of the event loop are committed together at its
   * end; `durable` resolves then. A `write` that throws leaves no trace.
   *
   * @throws {RefusedError} storage_unavailable when SQLite cannot write
   */
  change<T>(write: () => T): { value: T; durable: Promise<void> };
  getMeta(key: string): string | undefined;
  setMeta(key: string, value: string): void;
  close(): void;
}

/** Offset of an SQLite header's write version: 1 is a rollback journal, 2 a write-ahead log. */
const WRITE_VERSION_AT = 18;
const ROLLBACK = 1;

/**
 * Removes a rollback journal beside a store with a write-ahead log, or without a store.
 *
 * The scheduler leaves none there. SQLite would play back one that came with a folder, and older
 * versions delete a file that it names.
 */
function removeForeignJournal(folder: StateFolder): void {
  const journal = `${STORE_FILE}-journal`;
  if (folder.names().includes(journal) && writeVersion(folder) !== ROLLBACK) folder.remove(journal);
}

/** Reads the write version of the store; undefined where there is no store. */
function writeVersion(folder: StateFolder): number | undefined {
  const fd = folder.openRead(STORE_FILE);
  if (fd === undefined) return undefined;
  try {
    const header = Buffer.alloc(WRITE_VERSION_AT + 1);
    return readSync(fd, header, 0, header.length, 0) === header.length ? header[WRITE_VERSION_AT] : undefined;
  } finally {
    closeSync(fd);
  }
}

/**
 * Opens the store in a folder, and makes it when it is missing.
 *
 * @throws {GrafosError} state_unsafe, store_locked, store_corrupt, store_newer, store_unusable,
 * path_too_long
 */
export function openCellStore(dir: string): CellStore {
  const folder = StateFolder.at(dir);
  const path = folder.checked(STORE_FILE);
  for (const ending of BESIDE) folder.checked(`${STORE_FILE}${ending}`);
  removeForeignJournal(folder);
  // SQLite would make it readable by others; the files beside it get its mode.
  closeSync(folder.openAppend(STORE_FILE));
  const db = open(path);
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const savepoint = db.prepare('SAVEPOINT one_change');
  const release = db.prepare('RELEASE one_change');
  const undo = db.prepare('ROLLBACK TO one_change');
  const selectMeta = db.prepare('SELECT value FROM meta WHERE key = ?');
  const upsertMeta = db.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );

  let group: Group | null = null;

  const endGroup = (): void => {
    const ending = group;
    if (ending === null) return;
    group = null;
    try {
      commit.run();
      ending.resolve();
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      ending.reject(asRefusal(error));
    }
  };

  const change = <T>(write: () => T): { value: T; durable: Promise<void> } => {
    if (group === null) {
      try {
        begin.run();
      } catch (error) {
        throw asRefusal(error);
      }
      group = newGroup();
      // A writer that does not wait must not turn a full disk into an unhandled rejection.
      group.promise.catch(() => {});
      setImmediate(endGroup);
    }
    const mine = group;
    try {
      savepoint.run();
      const value = write();
      release.run();
      return { value, durable: mine.promise };
    } catch (error) {
      if (db.isTransaction) {
        undo.run();
        release.run();
      } else {
        // SQLite gave the whole group up, as it does when the disk is full.
        group = null;
        mine.reject(asRefusal(error));
      }
      throw asRefusal(error);
    }
  };

  return {
    prepare: (sql) => db.prepare(sql),
    change,
    getMeta: (key) => selectMeta.get(key)?.value as string | undefined,
    setMeta: (key, value) => {
      upsertMeta.run(key, value);
    },
    close: () => {
      endGroup();
      db.close();
    },
  };
}

/** The store of a stopped scheduler, open for reading only. */
interface StoppedStore extends Disposable {
  prepare(sql: string): StatementSync;
  /**
   * Reads every page.
   *
   * @returns what is damaged first; undefined where nothing is
   */
  damage(): string | undefined;
}

/**
 * Opens a store without changing it, and leaves no file behind.
 *
 * After a clean stop the file is whole, and SQLite needs no files beside it. After a kill, the
 * latest rows are read from the write-ahead log.
 *
 * @throws {GrafosError} state_unsafe, store_locked, store_corrupt, store_newer, store_older,
 *   store_unusable
 */
export function openStoppedStore(folder: StateFolder): StoppedStore {
  const path = folder.checked(STORE_FILE);
  for (const ending of BESIDE) folder.checked(`${STORE_FILE}${ending}`);
  const before = folder.names();
  const url = pathToFileURL(path);
  const isWhole = !before.includes(`${STORE_FILE}-wal`);
  // Takes no lock and makes no files: a scheduler that starts meanwhile makes its own.
  if (isWhole) url.searchParams.set('immutable', '1');
  const close = (db: DatabaseSync | undefined): void => {
    if (db?.isOpen === true) db.close();
    const index = `${STORE_FILE}-shm`;
    if (!isWhole && !before.includes(index)) folder.remove(index);
  };
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(url, { readOnly: true, timeout: 250 });
    db.exec('PRAGMA trusted_schema = OFF');
    const version = Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (version > MIGRATIONS.length) throw storeNewer(path, version);
    if (version < MIGRATIONS.length) throw storeOlder(path, version);
    checkSchema(db, path);
  } catch (error) {
    close(db);
    throw error instanceof GrafosError ? error : asStartError(error, path);
  }
  const opened = db;
  return {
    prepare: (sql) => opened.prepare(sql),
    damage: () => firstDamage(opened),
    [Symbol.dispose]: () => close(opened),
  };
}

function firstDamage(db: DatabaseSync): string | undefined {
  try {
    const found = db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
    return found === 'ok' ? undefined : String(found).split('\n').at(-1);
  } catch (error) {
    if (errcode(error) !== SQLITE.corrupt) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

function storeNewer(path: string, version: number): GrafosError {
  return new GrafosError('store_newer', `${path} was written by a newer grafos.`, {
    why: `its schema is version ${version}; this one knows ${MIGRATIONS.length}`,
    next: 'Use the newer grafos, or move the file away to start with an empty store.',
  });
}

function storeOlder(path: string, version: number): GrafosError {
  return new GrafosError('store_older', `${path} was written by an older grafos.`, {
    why: `its schema is version ${version}; this one reads ${MIGRATIONS.length}`,
    next: 'Start the stack, which brings it up to date: grafos dev up',
  });
}

interface Group {
  promise: Promise<void>;
  resolve: () => void;
  reject: (error: unknown) => void;
}

function newGroup(): Group {
  let resolve = (): void => {};
  let reject: Group['reject'] = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function open(path: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: LOCKED_MS });
    db.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF',
    );
    migrate(db, path);
    checkSchema(db, path);
    return db;
  } catch (error) {
    if (db?.isOpen === true) db.close();
    throw error instanceof GrafosError ? error : asStartError(error, path);
  }
}

function migrate(db: DatabaseSync, path: string): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version > MIGRATIONS.length) throw storeNewer(path, version);
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < version) continue;
    db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}

/**
 * Refuses a store with anything in its schema that the migrations do not make. An update of a
 * repository can bring a store; a trigger in it would act in each change.
 */
function checkSchema(db: DatabaseSync, path: string): void {
  using fresh = new DatabaseSync(':memory:');
  for (const sql of MIGRATIONS) fresh.exec(sql);
  if (schemaOf(db) === schemaOf(fresh)) return;
  throw storeCorrupt(path, 'Its tables, indexes or triggers are not those that grafOS makes.');
}

function schemaOf(db: DatabaseSync): string {
  return JSON.stringify(db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all());
}

function errcode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  // The low byte is the primary result code (https://sqlite.org/rescode.html).
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** Longest path that SQLite opens: 512 bytes less the `-journal` of the file beside it. */
const STORE_PATH_BYTES = 504;

const SQLITE = { busy: 5, locked: 6, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26 };

function asStartError(error: unknown, path: string): unknown {
  const why = error instanceof Error ? error.message : String(error);
  switch (errcode(error)) {
    case SQLITE.busy:
    case SQLITE.locked:
      return new GrafosError('store_locked', `${path} is in use by another scheduler.`, {
        why,
        next: 'Stop the other stack first: grafos dev down.',
        cause: error,
      });
    case SQLITE.corrupt:
    case SQLITE.notadb:
      return storeCorrupt(path, why, error);
    case SQLITE.cantopen:
      if (Buffer.byteLength(path) > STORE_PATH_BYTES) return storePathTooLong(path, error);
      return storeUnusable(path, why, error);
    case SQLITE.readonly:
    case SQLITE.ioerr:
    case SQLITE.full:
      return storeUnusable(path, why, error);
    default:
      return error;
  }
}

function storeCorrupt(path: string, why: string, cause?: unknown): GrafosError {
  return new GrafosError('store_corrupt', `${path} is damaged and was left as it is.`, {
    why,
    next: `Move ${STORE_FILE} and the files beside it that begin with its name away, and start again; "sqlite3 ${STORE_FILE} .recover" reads what is left of it.`,
    cause,
  });
}

function storePathTooLong(path: string, cause: unknown): GrafosError {
  return new GrafosError('path_too_long', `The path of the store is too long: ${path}`, {
    kind: 'unreachable',
    why: `It has ${Buffer.byteLength(path)} bytes, and SQLite opens paths of at most ${STORE_PATH_BYTES}.`,
    next: 'Move the program to a shorter path.',
    cause,
  });
}

function storeUnusable(path: string, why: string, cause: unknown): GrafosError {
  return new GrafosError('store_unusable', `${path} cannot be written.`, {
    why,
    next: 'Check that the folder exists, is writable, and that its disk is not full.',
    cause,
  });
}

/** Makes a refusal of an error of SQLite, which no request caused. Any other error stays. */
function asRefusal(error: unknown): unknown {
  switch (errcode(error)) {
    case SQLITE.full:
    case SQLITE.ioerr:
    case SQLITE.readonly:
      return storageUnavailable('The scheduler cannot write its store.');
    case SQLITE.corrupt:
      return new RefusedError(
        'storage_unavailable',
        "The scheduler's store is damaged.",
        'Restart the stack; it will say which file to move away.',
      );
    default:
      return error;
  }
}
