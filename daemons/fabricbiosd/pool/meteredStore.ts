import { createHash, randomUUID } from 'node:crypto';
import { lstat, readFile, utimes } from 'node:fs/promises';
import { StateFolder } from '../../../base/files/stateFolder.ts';
import { sha256InTurns } from '../../../base/sha256InTurns.ts';
import type { MeteredModule } from '../../../wasm/meter/meteredModule.ts';
import { OPTIMIZE_BOUNDS } from './trialProcess.ts';

/** Smaller artifacts are rewritten sooner than a file is found. */
export const STORED_FROM_BYTES = 64 * 1024;

/** Bytes of all files; those used longest ago go first. */
const STORE_BYTES = 256 * 1024 * 1024;

/** A file being written that is older was left by a cell that was killed, milliseconds. */
const LEFT_AFTER_MS = 10 * 60_000;

/** Names of our own files, whichever cell and revision wrote them. Nothing else is ever removed. */
const OURS = /^[0-9a-f]{16}-[0-9a-f]+-\d+(?:-[0-9a-f-]{36}\.part)?$/;

const ASIDE = '.part';

const DIGEST_BYTES = 32;

/**
 * Metered modules on disk, so that a cell that starts again need not check and rewrite large
 * artifacts again. Several cells may share the folder.
 *
 * A file holds a SHA-256 of the rest, the length of a JSON head (32 bits, little-endian), the head,
 * and the module. A file that is cut or damaged is ignored. So is a file that another revision of
 * the meter wrote: its name says the revision. A whole file is trusted, so the folder must be one
 * that no other user can write to, and that no program brings along.
 */
export class MeteredStore {
  readonly #folder: StateFolder;
  /** Changes with all that decides a file's content: the meter, V8, the bounds of a trial. */
  readonly #revision: Promise<string>;

  /**
   * @param folder is made when it is missing
   * @param code file whose content changes with the meter: the bundle of the worker
   * @throws {GrafosError} state_unsafe
   */
  constructor(folder: string, code: URL) {
    this.#folder = StateFolder.at(folder);
    this.#revision = readFile(code).then((bytes) =>
      createHash('sha256')
        .update(bytes)
        .update(process.versions.v8)
        .update(JSON.stringify(OPTIMIZE_BOUNDS))
        .digest('hex')
        .slice(0, 16),
    );
    this.#revision.catch(() => {});
  }

  async read(sha256: string, pages: number): Promise<MeteredModule | null> {
    try {
      const name = await this.#name(sha256, pages);
      const file = await this.#folder.readWhole(name);
      if (file === undefined) return null;
      const rest = file.subarray(DIGEST_BYTES);
      if ((await sha256InTurns(rest)) !== file.toString('hex', 0, DIGEST_BYTES)) return null;
      const head = rest.readUInt32LE(0);
      const about: Omit<MeteredModule, 'bytes'> = JSON.parse(rest.toString('utf8', 4, 4 + head));
      const now = new Date();
      await utimes(this.#folder.file(name), now, now);
      return { ...about, bytes: new Uint8Array(rest.subarray(4 + head)) };
    } catch {
      // Not there, or not to be read: it is made anew.
      return null;
    }
  }

  /** @throws what the file system says */
  async write(sha256: string, pages: number, { bytes, ...about }: MeteredModule): Promise<void> {
    const head = Buffer.from(JSON.stringify(about));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(head.length);
    // Not put together: a copy of megabytes would hold up the thread.
    const rest = [length, head, bytes];
    const name = await this.#name(sha256, pages);
    const digest = Buffer.from(await sha256InTurns(...rest), 'hex');
    await this.#folder.write(name, [digest, ...rest], `${name}-${randomUUID()}${ASIDE}`);
    await this.#trim();
  }

  async #name(sha256: string, pages: number): Promise<string> {
    return `${await this.#revision}-${sha256}-${pages}`;
  }

  /**
   * Removes the files used longest ago, of any cell, down to the bound. Another cell may do the
   * same now.
   */
  async #trim(): Promise<void> {
    const files: Array<{ name: string; size: number; used: number }> = [];
    for (const name of this.#folder.names().filter((one) => OURS.test(one))) {
      const stats = await lstat(this.#folder.file(name)).catch(() => undefined);
      // Gone: another cell removed it.
      if (stats === undefined) continue;
      if (!name.endsWith(ASIDE)) files.push({ name, size: stats.size, used: stats.mtimeMs });
      else if (Date.now() - stats.mtimeMs > LEFT_AFTER_MS) this.#folder.remove(name);
    }
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    for (const { name, size } of files.sort((one, other) => one.used - other.used)) {
      if (bytes <= STORE_BYTES) break;
      this.#folder.remove(name);
      bytes -= size;
    }
  }
}
