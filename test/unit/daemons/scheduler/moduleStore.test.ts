import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../../../../base/limits.ts';
import { createModuleStore, type ModuleStore } from '../../../../daemons/scheduler/moduleStore.ts';
import { RefusedError } from '../../../../daemons/scheduler/refused.ts';
import { type CellStore, openCellStore } from '../../../../daemons/scheduler/store/cellStore.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
async function* pieces(...all: Uint8Array[]) {
  yield* all;
}
const refused = (reason: string) => (error: unknown) => error instanceof RefusedError && error.reason === reason;

describe('the store of modules', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: CellStore;
  let modules: ModuleStore;
  const files = () => readdirSync(join(folder.path, 'modules')).sort();
  const put = async (tenant: string, text: string) => {
    const bytes = Buffer.from(text);
    await modules.put(tenant, hashOf(bytes), pieces(bytes));
    return hashOf(bytes);
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = openCellStore(folder.path);
    modules = createModuleStore(folder.path, store);
  });
  afterEach(async () => {
    store.close();
    await folder[Symbol.asyncDispose]();
  });

  it('keeps a module in pieces under its hash, for the user alone, over a restart', async () => {
    const [a, b] = [Buffer.from('abc'), Buffer.from('def')];
    const hash = hashOf(Buffer.concat([a, b]));
    assert.equal(await modules.put('acme', hash, pieces(a, Buffer.alloc(0), b)), 6);
    assert.equal(Buffer.from(await modules.read(hash)).toString(), 'abcdef');
    assert.deepEqual(files(), [`${hash}.wasm`]);
    if (process.platform !== 'win32') {
      assert.equal(statSync(join(folder.path, 'modules', `${hash}.wasm`)).mode & 0o777, 0o600);
    }
    store.close();
    store = openCellStore(folder.path);
    modules = createModuleStore(folder.path, store);
    assert.equal(modules.has('acme', hash), true);
    assert.equal(Buffer.from(await modules.read(hash)).toString(), 'abcdef');
  });

  it('does not let a tenant know of the modules of another, until it has put the same', async () => {
    const hash = await put('acme', 'secret');
    assert.equal(modules.has('other', hash), false);
    await put('other', 'secret');
    assert.equal(modules.has('other', hash), true);
    assert.equal(files().length, 1);
  });

  it('keeps nothing of bytes that have another hash, that are too long, or that end in an error', async () => {
    const hash = hashOf(Buffer.from('x'));
    await assert.rejects(modules.put('acme', hash, pieces(Buffer.from('y'))), refused('module_hash_mismatch'));
    await assert.rejects(modules.put('acme', hash, pieces()), refused('module_hash_mismatch'));
    const long = pieces(Buffer.alloc(LIMITS.module), Buffer.alloc(1));
    await assert.rejects(modules.put('acme', hash, long), refused('body_too_large'));
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('x');
      throw new Error('the connection is gone');
    }
    await assert.rejects(modules.put('acme', hash, broken()), /connection is gone/);
    assert.deepEqual([files(), modules.has('acme', hash)], [[], false]);
  });

  it('takes a module as gone that was changed or removed on the disk, and takes it again', async () => {
    for (const damage of ['change', 'remove']) {
      const hash = await put('acme', 'good');
      await put('other', 'good');
      const file = join(folder.path, 'modules', `${hash}.wasm`);
      if (damage === 'change') writeFileSync(file, 'evil');
      else modules.removeTenant('acme');
      if (damage === 'remove') modules.removeTenant('other');
      await assert.rejects(modules.read(hash), refused('module_unknown'));
      assert.deepEqual([modules.has('acme', hash), modules.has('other', hash)], [false, false]);
      await put('acme', 'good');
      assert.equal(Buffer.from(await modules.read(hash)).toString(), 'good');
    }
  });

  it('removes the modules of a tenant, except those that others put too', async () => {
    const [own, shared] = [await put('acme', 'own'), await put('acme', 'shared')];
    await put('other', 'shared');
    store.change(() => modules.removeTenant('acme'));
    assert.deepEqual(files(), [`${shared}.wasm`]);
    assert.deepEqual(
      [modules.has('acme', own), modules.has('acme', shared), modules.has('other', shared)],
      [false, false, true],
    );
  });

  it('drops those not put for longest, beyond a number and beyond a size', async () => {
    for (const retention of [
      { modules: 2, bytes: 1e9 },
      { modules: 1e9, bytes: 20 },
    ]) {
      await using other = await temporaryFolder();
      using own = Object.assign(openCellStore(other.path), {
        [Symbol.dispose](this: CellStore) {
          this.close();
        },
      });
      modules = createModuleStore(other.path, own, retention);
      const hashes: string[] = [];
      for (const text of ['1st module', '2nd module', '3rd module']) {
        hashes.push(await put('acme', text));
        // The order is that of the clock, which has milliseconds.
        for (const now = Date.now(); Date.now() === now; );
      }
      assert.deepEqual(
        hashes.map((hash) => modules.has('acme', hash)),
        [false, true, true],
      );
      assert.equal(existsSync(join(other.path, 'modules', `${hashes[0]}.wasm`)), false);
    }
  });

  it('sweeps what a killed scheduler left unfinished', async () => {
    const hash = await put('acme', 'whole');
    writeFileSync(join(folder.path, 'modules', `${hash}.abcdef.part`), 'half');
    modules = createModuleStore(folder.path, store);
    assert.deepEqual(files(), [`${hash}.wasm`]);
  });

  it('puts the same module twice at once', async () => {
    const hashes = await Promise.all([put('acme', 'twice'), put('acme', 'twice')]);
    assert.equal(Buffer.from(await modules.read(hashes[0])).toString(), 'twice');
    assert.equal(files().length, 1);
  });
});
