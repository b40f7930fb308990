import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MeteredModule } from '../../../wasm/meter.ts';
import { sha256InTurns } from '../../protocol/sha256InTurns.ts';

/** Smaller artifacts are rewritten sooner than a file is found. */
export const STORED_FROM_BYTES = 64 * 1024;

/** Bytes of all files; those used longest ago go first. */
const STORE_BYTES = 256 * 1024 * 1024;

/** A file being written that is older was left by a cell that was killed, milliseconds. */
const LEFT_AFTER_MS = 60_000;

const ASIDE = '.part';

const DIGEST_BYTES = 32;

/**
 * Metered modules on disk, so that a cell that starts again need not check and rewrite large artifacts again. A file holds a SHA-256 of the rest,
 * the length of a JSON head (32 bits, little-endian), the head, and the module. One that is cut or damaged is as good as none, and so is one
 * that other code of ours wrote: its name says the revision.
 */
export class MeteredStore {
  private readonly folder: string;
  private readonly revision: Promise<string>;

  /** @param code file whose content changes with the meter: the bundle of the worker */
  constructor(folder: string, code: URL) {
    this.folder = folder;
    this.revision = readFile(code).then((bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16));
    this.revision.catch(() => {});
  }

  async read(sha256: string, pages: number): Promise<MeteredModule | null> {
    try {
      const path = await this.path(sha256, pages);
      const file = await readFile(path);
      const rest = file.subarray(DIGEST_BYTES);
      if ((await sha256InTurns(rest)) !== file.toString('hex', 0, DIGEST_BYTES)) return null;
      const head = rest.readUInt32LE(0);
      const about: Omit<MeteredModule, 'bytes'> = JSON.parse(rest.toString('utf8', 4, 4 + head));
      const now = new Date();
      await utimes(path, now, now);
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
    const path = await this.path(sha256, pages);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const aside = `${path}-${randomUUID()}${ASIDE}`;
    try {
      await writeFile(aside, [Buffer.from(await sha256InTurns(...rest), 'hex'), ...rest], { mode: 0o600 });
      await rename(aside, path);
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
    await this.trim(await this.revision);
  }

  private async path(sha256: string, pages: number): Promise<string> {
    return join(this.folder, `${await this.revision}-${sha256}-${pages}`);
  }

  private async trim(revision: string): Promise<void> {
    const files: Array<{ path: string; size: number; used: number }> = [];
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      if (!name.startsWith(`${revision}-`)) await rm(path, { force: true });
      else {
        const { size, mtimeMs } = await stat(path);
        if (!name.endsWith(ASIDE)) files.push({ path, size, used: mtimeMs });
        else if (Date.now() - mtimeMs > LEFT_AFTER_MS) await rm(path, { force: true });
      }
    }
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of files.sort((one, other) => one.used - other.used)) {
      if (bytes <= STORE_BYTES) break;
      await rm(path, { force: true });
      bytes -= size;
    }
  }
}
