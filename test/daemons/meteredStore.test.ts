import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MeteredStore, STORED_FROM_BYTES } from '../../daemons/fabricbiosd/pool/meteredStore.ts';
import { meter } from '../../wasm/meter/meter.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { startRuntime, tasklet } from './runtimeHarness.ts';

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
/** Answers with a number; large enough to be stored. */
const large = (answer: number) =>
  tasklet({
    run: `(call $answer32 (i32.const ${answer})) (i32.const 0)`,
    memory: '2',
    more: `(data (i32.const 0) "${'x'.repeat(STORED_FROM_BYTES)}")`,
  });

describe('metered modules on disk', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let code: URL;
  let kept = '';

  beforeEach(async () => {
    folder = await temporaryFolder('grafos-metered-');
    await writeFile(join(folder.path, 'code.js'), 'one');
    code = pathToFileURL(join(folder.path, 'code.js'));
    kept = join(folder.path, 'metered');
  });

  afterEach(() => folder[Symbol.asyncDispose]());

  it('are read as they were written, and by their hash and pages only', async () => {
    const store = new MeteredStore(kept, code);
    const metered = meter(large(1), { memoryMaxPages: 7 });
    assert.equal(await store.read('aa', 7), null);
    await store.write('aa', 7, metered);
    assert.deepEqual(await new MeteredStore(kept, code).read('aa', 7), metered);
    assert.equal(await store.read('aa', 8), null);
    assert.equal(await store.read('ab', 7), null);
  });

  it('are as good as none when they are cut or damaged', async () => {
    const store = new MeteredStore(kept, code);
    await store.write('aa', 7, meter(large(1), { memoryMaxPages: 7 }));
    const [name = ''] = await readdir(kept);
    const good = await readFile(join(kept, name));
    for (const size of [0, 10, 36, 100, good.length - 1]) {
      await writeFile(join(kept, name), good.subarray(0, size));
      assert.equal(await store.read('aa', 7), null, `${size} bytes`);
    }
    for (const at of [0, 33, 60, good.length - 1]) {
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(at) ^ 1, at);
      await writeFile(join(kept, name), bad);
      assert.equal(await store.read('aa', 7), null, `byte ${at}`);
    }
  });

  it('of another revision are not read, and stay for the cells of that revision', async () => {
    const metered = meter(large(1), { memoryMaxPages: 7 });
    const older = new MeteredStore(kept, code);
    await older.write('aa', 7, metered);
    await writeFile(code, 'two');
    const store = new MeteredStore(kept, code);
    assert.equal(await store.read('aa', 7), null);
    await store.write('bb', 7, metered);
    assert.deepEqual(await older.read('aa', 7), metered);
  });

  it('are shared by cells that write and trim at one time, and the files of others are left alone', async () => {
    await new MeteredStore(kept, code).write('ee', 7, meter(large(1), { memoryMaxPages: 7 }));
    await writeFile(join(kept, 'thesis.txt'), 'not ours');
    await utimes(join(kept, 'thesis.txt'), 1, 1);
    const metered = { ...meter(large(1), { memoryMaxPages: 7 }), bytes: new Uint8Array(60 * 1024 * 1024) };
    const stores = [new MeteredStore(kept, code), new MeteredStore(kept, code)];
    for (const name of ['aa', 'bb', 'cc']) {
      await Promise.all(stores.map((store, at) => store.write(`${name}${at}`, 7, metered)));
    }
    const names = (await readdir(kept)).filter((name) => name !== 'thesis.txt');
    assert.equal(await readFile(join(kept, 'thesis.txt'), 'utf8'), 'not ours');
    assert.deepEqual(
      names.filter((name) => name.endsWith('.part')),
      [],
    );
    assert.ok(names.length >= 1 && names.length <= 4, names.join());
    for (const name of names) {
      const [, sha256 = ''] = name.split('-');
      assert.notEqual(await stores[0]?.read(sha256, 7), null, name);
    }
  });

  it('never go through a link, neither of the folder nor of a file', async function () {
    if (process.platform === 'win32') this.skip();
    const outside = join(folder.path, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'kept'), 'kept');
    await symlink(outside, kept);
    assert.throws(() => new MeteredStore(kept, code), { code: 'state_unsafe' });
    await rm(kept);
    const store = new MeteredStore(kept, code);
    const metered = meter(large(1), { memoryMaxPages: 7 });
    await store.write('aa', 7, metered);
    const [name = ''] = await readdir(kept);
    await rename(join(kept, name), join(outside, 'planted'));
    await symlink(join(outside, 'planted'), join(kept, name));
    assert.equal(await store.read('aa', 7), null, 'a planted link is not run');
    await store.write('aa', 7, metered);
    assert.ok((await lstat(join(kept, name))).isFile());
    assert.deepEqual((await readdir(outside)).sort(), ['kept', 'planted']);
    await rename(kept, join(folder.path, 'away'));
    await symlink(outside, kept);
    await assert.rejects(store.write('bb', 7, metered), { code: 'state_unsafe' });
    assert.deepEqual((await readdir(outside)).sort(), ['kept', 'planted']);
  });

  it('are bounded: the one used longest ago goes first', async () => {
    const store = new MeteredStore(kept, code);
    const metered = { ...meter(large(1), { memoryMaxPages: 7 }), bytes: new Uint8Array(90 * 1024 * 1024) };
    for (const [at, name] of ['aa', 'bb'].entries()) {
      await store.write(name, 7, metered);
      const file = (await readdir(kept)).find((one) => one.includes(name)) ?? '';
      await utimes(join(kept, file), 1_000 + at, 1_000 + at);
    }
    await store.read('aa', 7);
    await store.write('cc', 7, metered);
    const left = (await readdir(kept)).map((name) => name.split('-')[1]).sort();
    assert.deepEqual(left, ['aa', 'cc']);
  });

  it('are what a cell that starts again runs', async () => {
    const module = large(7);
    const run = async () => {
      const cell = startRuntime({ meteredFolder: kept });
      try {
        const { output, fuel_used, error } = await cell.run(module);
        assert.equal(error, null);
        return [Buffer.from(output).readInt32LE(0), fuel_used];
      } finally {
        await cell.runtime.stop();
      }
    };
    const first = await run();
    assert.equal(first[0], 7);
    assert.deepEqual(await run(), first);
    // Another's in its place shows that it is the stored one that runs.
    const [name = ''] = await readdir(kept);
    const worker = new URL('../../daemons/fabricbiosd/worker/runWorker.ts', import.meta.url);
    await new MeteredStore(kept, worker).write(hash(module), 16, meter(large(8), { memoryMaxPages: 16 }));
    assert.deepEqual(await readdir(kept), [name]);
    assert.equal((await run())[0], 8);
  });
});
