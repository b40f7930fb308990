import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StateFolder } from '../../../../../base/files/stateFolder.ts';
import {
  type CellStore,
  openCellStore,
  openStoppedStore,
  STORE_FILE,
} from '../../../../../daemons/scheduler/store/cellStore.ts';
import { MIGRATIONS } from '../../../../../daemons/scheduler/store/migrations.ts';
import { temporaryFolder } from '../../../../helpers/temporaryFolder.ts';

describe('the store of a cell', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: CellStore | undefined;
  const file = () => join(folder.path, STORE_FILE);
  const open = () => {
    store = openCellStore(folder.path);
    return store;
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = undefined;
  });
  afterEach(async () => {
    store?.close();
    await folder[Symbol.asyncDispose]();
  });

  it('keeps values over a restart, for the user alone to read', () => {
    const first = open();
    first.change(() => first.setMeta('a', '1'));
    first.change(() => first.setMeta('a', '2'));
    first.close();
    assert.equal(open().getMeta('a'), '2');
    assert.equal(store?.getMeta('b'), undefined);
    if (process.platform === 'win32') return;
    for (const name of readdirSync(folder.path)) assert.equal(statSync(join(folder.path, name)).mode & 0o077, 0, name);
  });

  it('has the changes of one turn in one commit, which is durable at its end', async () => {
    const opened = open();
    const [one, two] = [1, 2].map((value) => opened.change(() => opened.setMeta(`k${value}`, 'x')).durable);
    assert.equal(one, two);
    await one;
    const later = opened.change(() => opened.setMeta('k3', 'x')).durable;
    assert.notEqual(later, one);
    await later;
  });

  it('gives what a change returns, and undoes one that throws without its neighbours', async () => {
    const opened = open();
    const { value, durable } = opened.change(() => {
      opened.setMeta('kept', 'yes');
      return 7;
    });
    assert.throws(
      () =>
        opened.change(() => {
          opened.setMeta('kept', 'no');
          opened.setMeta('gone', 'yes');
          throw new Error('mine');
        }),
      /mine/,
    );
    await durable;
    assert.deepEqual([value, opened.getMeta('kept'), opened.getMeta('gone')], [7, 'yes', undefined]);
  });

  it('commits what was changed in the turn in which it is closed', () => {
    const opened = open();
    opened.change(() => opened.setMeta('last', 'yes'));
    opened.close();
    assert.equal(open().getMeta('last'), 'yes');
  });

  const spoilt: Array<[what: string, code: string, spoil: () => void]> = [
    ['that is no database', 'store_corrupt', () => writeFileSync(file(), 'x'.repeat(8192))],
    ['of a newer version', 'store_newer', () => change(`PRAGMA user_version = ${MIGRATIONS.length + 1}`)],
    [
      'with a trigger',
      'store_corrupt',
      () => change('CREATE TRIGGER t AFTER INSERT ON meta BEGIN DELETE FROM meta; END'),
    ],
    ['without one of its tables', 'store_corrupt', () => change('DROP TABLE decisions')],
  ];
  const change = (sql: string) => {
    const db = new DatabaseSync(file());
    db.exec(sql);
    db.close();
  };
  for (const [what, code, spoil] of spoilt) {
    it(`refuses one ${what}: ${code}, and leaves it as it is`, () => {
      open().close();
      store = undefined;
      spoil();
      const before = readFileSync(file());
      assert.throws(() => openCellStore(folder.path), { code });
      assert.throws(() => openStoppedStore(StateFolder.at(folder.path)), { code });
      assert.ok(readFileSync(file()).equals(before));
    });
  }

  it('refuses a file, or one beside it, that is a link, and does not follow it', async () => {
    await using other = await temporaryFolder();
    writeFileSync(join(other.path, 'mine'), 'mine');
    for (const name of [STORE_FILE, `${STORE_FILE}-wal`, `${STORE_FILE}-shm`, `${STORE_FILE}-journal`]) {
      await using own = await temporaryFolder();
      await symlink(join(other.path, 'mine'), join(own.path, name));
      assert.throws(() => openCellStore(own.path), { code: 'state_unsafe' }, name);
      assert.throws(() => openStoppedStore(StateFolder.at(own.path)), { code: 'state_unsafe' }, name);
    }
    assert.equal(readFileSync(join(other.path, 'mine'), 'utf8'), 'mine');
  });

  it('is read while it is stopped, without a change, and without a file left behind', () => {
    const opened = open();
    opened.change(() => opened.setMeta('a', '1'));
    opened.close();
    store = undefined;
    const names = readdirSync(folder.path).sort();
    const before = readFileSync(file());
    {
      using stopped = openStoppedStore(StateFolder.at(folder.path));
      assert.equal(stopped.prepare('SELECT value FROM meta WHERE key = ?').get('a')?.value, '1');
      assert.throws(() => stopped.prepare("INSERT INTO meta VALUES ('b', '2')").run(), /readonly/);
    }
    assert.deepEqual(readdirSync(folder.path).sort(), names);
    assert.ok(readFileSync(file()).equals(before));
  });

  it('is read with the latest rows after its scheduler was killed', async () => {
    const opened = open();
    await opened.change(() => opened.setMeta('latest', 'yes')).durable;
    // The files as a killed process leaves them: a copy of those that are open.
    await using killed = await temporaryFolder();
    for (const name of [STORE_FILE, `${STORE_FILE}-wal`])
      copyFileSync(join(folder.path, name), join(killed.path, name));
    using stopped = openStoppedStore(StateFolder.at(killed.path));
    assert.equal(stopped.prepare("SELECT value FROM meta WHERE key = 'latest'").get()?.value, 'yes');
  });

  it('is not read where it is missing', () => {
    assert.throws(() => openStoppedStore(StateFolder.at(folder.path)), { name: 'GrafosError' });
    assert.deepEqual(readdirSync(folder.path), []);
  });
});
