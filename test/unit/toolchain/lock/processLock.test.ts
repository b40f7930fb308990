import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LockOwner, ownerText, thisOwner } from '../../../../toolchain/lock/lockOwner.ts';
import { lockProcesses } from '../../../../toolchain/lock/processLock.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const DEAD: LockOwner = { pid: 2 ** 22 + 1, started: 'never' };

describe('a lock of processes', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const at = () => join(folder.path, 'state', 'lock');
  const files = () => readdirSync(join(folder.path, 'state')).sort();
  const take = (more: { waitMs?: number; signal?: AbortSignal; onWait?: (pid: number) => void } = {}) => {
    const { waitMs = 10_000, signal = new AbortController().signal, ...rest } = more;
    return lockProcesses(at(), signal, { waitMs, busy: (holder) => new Error(`busy ${holder?.pid}`), ...rest });
  };
  const put = (text: string) => {
    mkdirSync(join(folder.path, 'state'), { mode: 0o700 });
    writeFileSync(at(), text, { mode: 0o600 });
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => await folder[Symbol.asyncDispose]());

  it('names its owner while it is held, makes its folder, and is gone afterwards', async () => {
    {
      await using _held = await take();
      assert.deepEqual(files(), ['lock']);
      assert.equal(readFileSync(at(), 'utf8'), ownerText(await thisOwner()));
    }
    assert.deepEqual(files(), []);
  });

  it('is held by one at a time', async () => {
    let inside = 0;
    await Promise.all(
      Array.from({ length: 3 }, async () => {
        await using _held = await take();
        assert.equal(++inside, 1);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
      }),
    );
    assert.deepEqual(files(), []);
  });

  it('tells once for whom it waits, and goes on when that one is done', async () => {
    const waited: number[] = [];
    const held = await take();
    const second = take({ onWait: (pid) => waited.push(pid) });
    while (waited.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await held[Symbol.asyncDispose]();
    await using _second = await second;
    assert.deepEqual(waited, [process.pid]);
  });

  it('is an error that names the holder where that one takes too long', async () => {
    await using _held = await take();
    await assert.rejects(take({ waitMs: 30 }), { message: `busy ${process.pid}` });
    assert.deepEqual(files(), ['lock']);
  });

  it('is given up by its signal, before and while it waits', async () => {
    await assert.rejects(take({ signal: AbortSignal.abort(new Error('never')) }), /never/);
    const held = await take();
    const abort = new AbortController();
    const waiting = take({ signal: abort.signal, onWait: () => abort.abort(new Error('no more')) });
    await assert.rejects(waiting, /no more/);
    await held[Symbol.asyncDispose]();
    assert.deepEqual(files(), []);
  });

  for (const [what, text] of [
    ['a process that is dead', ownerText(DEAD)],
    ['a process whose pid another one has now', JSON.stringify({ pid: process.pid, started: 'before' })],
    ['nobody', ''],
    ['something that is no owner', '{"pid": "1", "started": ""}'],
  ] as const) {
    it(`is taken over from ${what}`, async () => {
      put(text);
      await using _held = await take();
      assert.equal(readFileSync(at(), 'utf8'), ownerText(await thisOwner()));
    });
  }

  it('removes the claims of dead processes, and no other file', async () => {
    put('');
    const state = join(folder.path, 'state');
    writeFileSync(join(state, `lock.${'a'.repeat(8)}`), ownerText(DEAD));
    mkdirSync(join(state, `lock.door.${DEAD.pid}.abcdef01`));
    mkdirSync(join(state, `lock.door.${process.pid}.abcdef01`));
    writeFileSync(join(state, 'lock.notes'), 'mine');
    writeFileSync(join(state, 'locksmith'), ownerText(DEAD));
    await using _held = await take();
    assert.deepEqual(files(), ['lock', `lock.door.${process.pid}.abcdef01`, 'lock.notes', 'locksmith'].sort());
  });

  it('is refused where its place is a folder', async () => {
    mkdirSync(at(), { recursive: true, mode: 0o700 });
    await assert.rejects(take(), { code: 'state_unsafe' });
  });

  it('that another process took over meanwhile is not removed', async () => {
    const held = await take();
    writeFileSync(at(), ownerText(DEAD));
    await held[Symbol.asyncDispose]();
    assert.deepEqual(files(), ['lock']);
  });

  it('may be given back after its folder is gone', async () => {
    const held = await take();
    await folder[Symbol.asyncDispose]();
    await held[Symbol.asyncDispose]();
  });
});
