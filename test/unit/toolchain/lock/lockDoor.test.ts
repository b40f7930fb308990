import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StateFolder } from '../../../../base/files/stateFolder.ts';
import { enterDoor, removeClaim } from '../../../../toolchain/lock/lockDoor.ts';
import { type LockOwner, ownerText, thisOwner } from '../../../../toolchain/lock/lockOwner.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const DEAD: LockOwner = { pid: 2 ** 22 + 1, started: 'never' };
const soon = () => AbortSignal.timeout(10_000);

describe('the door of a lock', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let state: StateFolder;
  let owner: LockOwner;

  beforeEach(async () => {
    folder = await temporaryFolder();
    state = StateFolder.at(folder.path);
    owner = await thisOwner();
  });
  afterEach(async () => await folder[Symbol.asyncDispose]());

  it('lets one in at a time, and leaves nothing behind', async () => {
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        const leave = await enterDoor(state, 'lock.door', owner, soon());
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
        leave();
      }),
    );
    assert.deepEqual([most, readdirSync(folder.path)], [1, []]);
  });

  it('has one file while somebody is in it, which names the owner', async () => {
    const leave = await enterDoor(state, 'lock.door', owner, soon());
    assert.deepEqual(readdirSync(folder.path), ['lock.door']);
    const door = state.find('lock.door');
    const [id = ''] = door?.names() ?? [];
    assert.match(id, new RegExp(`^${process.pid}\\.[0-9a-f]{8}$`));
    assert.equal(door?.readText(id, 4096), ownerText(owner));
    leave();
    leave();
  });

  for (const [what, text] of [
    ['a process that is dead', ownerText(DEAD)],
    ['a process with the pid of another', JSON.stringify({ pid: process.pid, started: 'before' })],
    ['nobody, cut off while it was written', '{"pid":'],
  ] as const) {
    it(`is freed when it is that of ${what}`, async () => {
      mkdirSync(join(folder.path, 'lock.door'), { mode: 0o700 });
      writeFileSync(join(folder.path, 'lock.door', '1.abcdef01'), text, { mode: 0o600 });
      (await enterDoor(state, 'lock.door', owner, soon()))();
      assert.deepEqual(readdirSync(folder.path), []);
    });
  }

  it('is entered when it is empty, as a process leaves it that is killed on its way out', async () => {
    mkdirSync(join(folder.path, 'lock.door'), { mode: 0o700 });
    (await enterDoor(state, 'lock.door', owner, soon()))();
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it('is waited for until the signal, whose reason is thrown, and the claim goes', async () => {
    const leave = await enterDoor(state, 'lock.door', owner, soon());
    const abort = new AbortController();
    const waiting = enterDoor(state, 'lock.door', owner, abort.signal);
    abort.abort(new Error('no more'));
    await assert.rejects(waiting, /no more/);
    assert.deepEqual(readdirSync(folder.path), ['lock.door']);
    leave();
    await assert.rejects(enterDoor(state, 'lock.door', owner, AbortSignal.abort(new Error('never'))), /never/);
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it('that can never be made is an error, in a bounded time', async () => {
    // No file system takes a name of this length, from nobody.
    await assert.rejects(enterDoor(state, `${'x'.repeat(300)}.door`, owner, soon()), { code: 'ENAMETOOLONG' });
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it('whose place a file has is an error, and the file stays', async () => {
    writeFileSync(join(folder.path, 'lock.door'), 'mine');
    await assert.rejects(enterDoor(state, 'lock.door', owner, soon()));
    assert.deepEqual(readdirSync(folder.path), ['lock.door']);
  });

  it('may be left after its folder is gone', async () => {
    const leave = await enterDoor(state, 'lock.door', owner, soon());
    await folder[Symbol.asyncDispose]();
    leave();
    removeClaim(state, 'lock.door.1.abcdef01');
  });
});
