/**
 * Modules, content-addressed: `modules/<sha256>.wasm`.
 *
 * The store records which tenant put one: a tenant that only knows a hash must neither run another
 * tenant's module nor find out that it exists.
 */
import { createHash, randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createYield } from '../../base/bulkTurns.ts';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { LIMITS } from '../../base/limits.ts';
import { sha256InTurns } from '../../base/sha256InTurns.ts';
import { RefusedError } from './refused.ts';
import { storageUnavailable } from './storageUnavailable.ts';
import type { CellStore } from './store/cellStore.ts';

export interface ModuleStore {
  has(tenant: string, sha256: string): boolean;
  /**
   * Keeps a module. Nothing is kept after an error.
   *
   * @throws {RefusedError} module_hash_mismatch, body_too_large, storage_unavailable
   */
  put(tenant: string, sha256: string, bytes: AsyncIterable<Uint8Array>): Promise<number>;
  /** @throws {RefusedError} module_unknown when the file is gone or damaged; put it again */
  read(sha256: string): Promise<Uint8Array>;
  /** Call inside {@link CellStore.change}. */
  removeTenant(tenant: string): void;
}

export const MODULE_RETENTION = { modules: 2_000, bytes: 1024 * 1024 * 1024 };

/**
 * Shortest time between two records of a module's use, milliseconds. The record only decides which
 * module is removed first.
 */
const USE_GRAIN_MS = 3_600_000;

export function createModuleStore(dir: string, store: CellStore, retention = MODULE_RETENTION): ModuleStore {
  const folder = StateFolder.at(dir).make('modules');
  for (const name of folder.names()) if (name.endsWith('.part')) folder.remove(name);

  const selectAll = store.prepare('SELECT sha256, tenant, size, used_at FROM modules ORDER BY used_at');
  const upsert = store.prepare(
    `INSERT INTO modules (sha256, tenant, size, used_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (tenant, sha256) DO UPDATE SET used_at = excluded.used_at`,
  );
  const remove = store.prepare('DELETE FROM modules WHERE tenant = ? AND sha256 = ?');
  const removeOfTenant = store.prepare('DELETE FROM modules WHERE tenant = ?');

  /** tenant -> sha256 -> last use written down. */
  const owned = new Map<string, Map<string, number>>();
  const fileOf = (sha256: string): string => `${sha256}.wasm`;
  const ownedBy = (tenant: string): Map<string, number> => {
    let mine = owned.get(tenant);
    if (mine === undefined) {
      mine = new Map();
      owned.set(tenant, mine);
    }
    return mine;
  };
  const isOwned = (sha256: string): boolean => [...owned.values()].some((mine) => mine.has(sha256));
  for (const row of selectAll.all()) ownedBy(String(row.tenant)).set(String(row.sha256), Number(row.used_at));

  const markUsed = async (tenant: string, sha256: string, size: number): Promise<void> => {
    const now = Date.now();
    const { durable } = store.change(() => upsert.run(sha256, tenant, size, now));
    ownedBy(tenant).set(sha256, now);
    await durable;
  };

  /** Those not used for longest go, down to the bounds. Rare: only a new module can exceed them. */
  const trim = (): void => {
    const rows = selectAll.all();
    let bytes = rows.reduce((sum, row) => sum + Number(row.size), 0);
    let count = rows.length;
    if (count <= retention.modules && bytes <= retention.bytes) return;
    const dropped: string[] = [];
    store.change(() => {
      for (const row of rows) {
        if (count <= retention.modules && bytes <= retention.bytes) break;
        const sha256 = String(row.sha256);
        remove.run(row.tenant ?? null, sha256);
        owned.get(String(row.tenant))?.delete(sha256);
        dropped.push(sha256);
        count -= 1;
        bytes -= Number(row.size);
      }
    });
    for (const sha256 of dropped) if (!isOwned(sha256)) folder.remove(fileOf(sha256));
  };

  return {
    has: (tenant, sha256) => {
      const usedAt = owned.get(tenant)?.get(sha256);
      if (usedAt === undefined) return false;
      if (Date.now() - usedAt > USE_GRAIN_MS) void markUsed(tenant, sha256, 0).catch(() => {});
      return true;
    },

    put: async (tenant, sha256, bytes) => {
      const part = `${sha256}.${randomBytes(6).toString('hex')}.part`;
      try {
        folder.check();
        const size = await receive(folder.file(part), sha256, bytes);
        folder.rename(part, fileOf(sha256));
        await markUsed(tenant, sha256, size);
        trim();
        return size;
      } catch (error) {
        removeIfThere(folder, part);
        throw asRefusal(error);
      }
    },

    read: async (sha256) => {
      const bytes = await folder.readWhole(fileOf(sha256)).catch(() => undefined);
      if (bytes === undefined) throw moduleGone();
      if ((await sha256InTurns(bytes)) !== sha256) throw moduleGone();
      return bytes;

      function moduleGone(): RefusedError {
        for (const mine of owned.values()) mine.delete(sha256);
        return new RefusedError('module_unknown', 'The module is not in the store any more.', 'Put it again.');
      }
    },

    removeTenant: (tenant) => {
      removeOfTenant.run(tenant);
      const mine = owned.get(tenant) ?? new Map<string, number>();
      owned.delete(tenant);
      for (const sha256 of mine.keys()) if (!isOwned(sha256)) folder.remove(fileOf(sha256));
    },
  };
}

/** A folder that was replaced meanwhile is not touched. */
function removeIfThere(folder: StateFolder, name: string): void {
  try {
    folder.remove(name);
  } catch {
    // The error that led here says more.
  }
}

async function receive(path: string, sha256: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let size = 0;
    const yieldAfter = createYield();
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > LIMITS.module) {
        throw new RefusedError(
          'body_too_large',
          `A module has at most ${LIMITS.module} bytes.`,
          'Make the module smaller.',
        );
      }
      hash.update(chunk);
      await file.appendFile(chunk);
      await yieldAfter(chunk.length);
    }
    const found = hash.digest('hex');
    if (found !== sha256) {
      throw new RefusedError(
        'module_hash_mismatch',
        `The bytes have the SHA-256 ${found}.`,
        'Put them under their own hash.',
      );
    }
    return size;
  } finally {
    await file.close();
  }
}

function asRefusal(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (
    code === 'ENOSPC' ||
    code === 'EDQUOT' ||
    code === 'EACCES' ||
    code === 'EROFS' ||
    code === 'EIO' ||
    code === 'state_unsafe'
  ) {
    return storageUnavailable('The scheduler cannot store the module.');
  }
  return error;
}
