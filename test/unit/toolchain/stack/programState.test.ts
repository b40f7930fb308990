import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { findProgramState, makeProgramState } from '../../../../toolchain/stack/programState.ts';
import { restoreState } from '../../../../toolchain/stack/restoreState.ts';
import { onStateNotice, type StateNotice } from '../../../../toolchain/stack/stateNotices.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const never = new AbortController().signal;
const isWindows = process.platform === 'win32';

describe('the state of a program', () => {
  let scratch: Awaited<ReturnType<typeof temporaryFolder>>;
  let root = '';
  let notices: StateNotice[] = [];
  const before = process.env.XDG_STATE_HOME;
  const records = () => join(scratch.path, 'records', 'grafos', 'programs');
  const aside = async (of = root) => (await readdir(of)).filter((name) => name.startsWith('.grafos.')).sort();

  beforeEach(async () => {
    scratch = await temporaryFolder();
    root = join(scratch.path, 'prögram');
    await mkdir(root);
    process.env.XDG_STATE_HOME = join(scratch.path, 'records');
    notices = [];
    onStateNotice((notice) => notices.push(notice));
  });
  afterEach(async () => {
    if (before === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = before;
    onStateNotice(() => {});
    await scratch[Symbol.asyncDispose]();
  });

  it('is made with a record outside of the program that it matches', async () => {
    const dev = await makeProgramState(root, 'dev');
    assert.equal(dev.path, join(root, '.grafos', 'dev'));
    assert.deepEqual((await readdir(join(root, '.grafos'))).sort(), ['.gitignore', 'dev', 'owner']);
    const name = `${createHash('sha256').update(root).digest('hex')}.json`;
    assert.deepEqual(await readdir(records()), [name]);
    const record = await readFile(join(records(), name), 'utf8');
    assert.equal(record, await readFile(join(root, '.grafos', 'owner'), 'utf8'));
    if (!isWindows) {
      assert.equal((await stat(join(records(), name))).mode & 0o777, 0o600);
      for (const path of [records(), join(records(), '..')]) assert.equal((await stat(path)).mode & 0o777, 0o700);
    }
    assert.equal(findProgramState(root, 'dev')?.path, dev.path);
    await makeProgramState(root, 'dev', 'logs');
    assert.deepEqual([await aside(), notices], [[], []]);
  });

  it('is one, however many make it at one time', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, (_, at) => makeProgramState(root, `part${at}`)));
    assert.deepEqual(await aside(), []);
    for (const folder of all) folder.check();
    assert.equal((await readdir(records())).length, 1);
  });

  it('of a clone is ignored by who reads, and set aside whole by who writes', async () => {
    await mkdir(join(root, '.grafos', 'dev'), { recursive: true });
    await writeFile(join(root, '.grafos', 'dev', 'cell.db'), 'runs');
    assert.equal(findProgramState(root), undefined);
    assert.equal(findProgramState(root, 'dev'), undefined);
    assert.deepEqual(
      notices.map(({ kind }) => kind),
      ['note'],
      'said once',
    );
    await makeProgramState(root);
    const [name = '', ...more] = await aside();
    assert.deepEqual(more, []);
    assert.equal(await readFile(join(root, name, 'dev', 'cell.db'), 'utf8'), 'runs');
    assert.equal(await readFile(join(root, name, '.gitignore'), 'utf8'), '*\n');
    assert.match(notices.at(-1)?.text ?? '', new RegExp(`grafos dev restore ${name}`));
    assert.notEqual(findProgramState(root), undefined);
  });

  it('is no link, no file and no folder with an owner of another’s', async function () {
    if (isWindows) this.skip();
    const outside = join(scratch.path, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'owner'), 'x');
    const id = 'ab'.repeat(32);
    for (const plant of [
      () => symlink(outside, join(root, '.grafos')),
      () => symlink('nowhere', join(root, '.grafos')),
      () => writeFile(join(root, '.grafos'), ''),
      async () => {
        await mkdir(join(root, '.grafos'));
        await symlink(join(outside, 'owner'), join(root, '.grafos', 'owner'));
      },
      async () => {
        await mkdir(join(root, '.grafos'));
        await writeFile(join(root, '.grafos', 'owner'), JSON.stringify({ id, path: root }));
      },
      async () => {
        await mkdir(join(root, '.grafos', 'owner'), { recursive: true });
      },
    ]) {
      await rm(join(root, '.grafos'), { recursive: true, force: true });
      const count = (await aside()).length;
      await plant();
      assert.equal(findProgramState(root), undefined);
      await makeProgramState(root, 'dev');
      assert.equal((await aside()).length, count + 1);
      assert.ok((await stat(join(root, '.grafos', 'dev'))).isDirectory());
    }
    assert.deepEqual(await readdir(outside), ['owner']);
  });

  it('goes along when the program is moved, and not when it is copied', async () => {
    await makeProgramState(root, 'kept');
    const copy = join(scratch.path, 'copy');
    await cp(root, copy, { recursive: true });
    assert.equal(findProgramState(copy), undefined);
    const moved = join(scratch.path, 'moved');
    await rename(root, moved);
    assert.notEqual(findProgramState(moved, 'kept'), undefined);
    await makeProgramState(moved);
    assert.deepEqual(await aside(moved), []);
    assert.equal((await readdir(records())).length, 1, 'its record goes along');
    await makeProgramState(copy);
    assert.equal((await aside(copy)).length, 1);
    // The first place is free again.
    await mkdir(root);
    await makeProgramState(root);
    assert.notEqual(findProgramState(moved, 'kept'), undefined);
  });

  it('is the same under another name of the program', async function () {
    if (isWindows) this.skip();
    await makeProgramState(root, 'kept');
    await symlink(root, join(scratch.path, 'alias'));
    assert.notEqual(findProgramState(join(scratch.path, 'alias'), 'kept'), undefined);
    await makeProgramState(join(scratch.path, 'alias'));
    assert.deepEqual(await aside(), []);
  });

  it('comes back by its name, with what was there set aside', async () => {
    await makeProgramState(root, 'dev');
    await writeFile(join(root, '.grafos', 'dev', 'cell.db'), 'runs');
    await mkdir(join(root, '.grafos', 'dev', 'trust'));
    // A fresh home folder has no record.
    process.env.XDG_STATE_HOME = join(scratch.path, 'another');
    await makeProgramState(root);
    const [name = ''] = await aside();
    const restored = await restoreState(root, name, never);
    assert.equal(await readFile(join(root, '.grafos', 'dev', 'cell.db'), 'utf8'), 'runs');
    assert.deepEqual(await readdir(join(root, '.grafos', 'dev')), ['cell.db']);
    assert.notEqual(findProgramState(root, 'dev'), undefined);
    assert.deepEqual(await aside(), [restored.replaced]);
    assert.deepEqual(await restoreState(root, restored.replaced, never).then(({ from }) => from), restored.replaced);
  });

  it('does not come back with links in it, nor from elsewhere', async function () {
    if (isWindows) this.skip();
    await mkdir(join(root, '.grafos', 'dev'), { recursive: true });
    await symlink('/etc/passwd', join(root, '.grafos', 'dev', 'cell.db'));
    await makeProgramState(root);
    const [name = ''] = await aside();
    await assert.rejects(restoreState(root, name, never), { code: 'state_unsafe' });
    for (const other of ['..', '/', '.grafos', `../${basename(root)}/${name}`, '.grafos.foreign-1'])
      await assert.rejects(restoreState(root, other, never), { code: 'not_set_aside' }, other);
  });

  it('is not made where no record can be kept', async function () {
    if (isWindows) this.skip();
    await writeFile(join(scratch.path, 'file'), '');
    process.env.XDG_STATE_HOME = join(scratch.path, 'file', 'below');
    await assert.rejects(makeProgramState(root), { code: 'user_records_failed', next: /XDG_STATE_HOME/ });
    assert.deepEqual(await readdir(root), []);
    process.env.XDG_STATE_HOME = join(scratch.path, 'records');
    await mkdir(join(scratch.path, 'elsewhere'));
    await mkdir(join(scratch.path, 'records'));
    await symlink(join(scratch.path, 'elsewhere'), join(scratch.path, 'records', 'grafos'));
    await assert.rejects(makeProgramState(root), { code: 'state_unsafe' });
    assert.deepEqual(await readdir(join(scratch.path, 'elsewhere')), []);
  });

  it('outlives a record that a killed process left torn', async () => {
    await mkdir(records(), { recursive: true });
    await writeFile(join(records(), `${createHash('sha256').update(root).digest('hex')}.json`), '{"id":"');
    await makeProgramState(root);
    assert.notEqual(findProgramState(root), undefined);
  });
});
