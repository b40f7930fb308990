import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs, { chmodSync, chownSync, closeSync, existsSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { link, lstat, mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { StateFolder } from '../../../../base/files/stateFolder.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const isWindows = process.platform === 'win32';
const unsafe = { code: 'state_unsafe' };

describe('a state folder', () => {
  let scratch: Awaited<ReturnType<typeof temporaryFolder>>;
  let root = '';
  let outside = '';
  beforeEach(async () => {
    scratch = await temporaryFolder('grafos stäte-');
    root = join(scratch.path, 'program');
    outside = join(scratch.path, 'outside');
    await mkdir(root);
    await mkdir(outside);
    await writeFile(join(outside, 'file'), 'kept');
  });
  afterEach(async () => {
    assert.deepEqual(await readdir(outside), ['file']);
    assert.equal(await readFile(join(outside, 'file'), 'utf8'), 'kept');
    await scratch[Symbol.asyncDispose]();
  });
  const modeOf = (path: string) => statSync(path).mode & 0o777;

  it('is made with its levels, for this user alone, whatever modes it had', async function () {
    if (isWindows) this.skip();
    await mkdir(join(root, '.grafos', 'dev'), { recursive: true });
    for (const path of ['.grafos', '.grafos/dev']) chmodSync(join(root, path), 0o777);
    const logs = StateFolder.make(root, '.grafos', 'dev', 'logs');
    for (const path of ['.grafos', '.grafos/dev', '.grafos/dev/logs']) assert.equal(modeOf(join(root, path)), 0o700);
    await writeFile(logs.file('old.log'), 'one\n');
    chmodSync(logs.file('old.log'), 0o666);
    closeSync(logs.openAppend('old.log'));
    closeSync(logs.openAppend('new.log'));
    await logs.write('whole', 'text');
    for (const name of logs.names()) assert.equal(modeOf(logs.file(name)), 0o600, name);
    assert.equal(StateFolder.find(root, '.grafos', 'dev', 'logs')?.path, logs.path);
    assert.equal(StateFolder.find(root, '.grafos', 'nothing', 'logs'), undefined);
  });

  it('has its trusted root above the last .grafos of a path, and else above the folder itself', async () => {
    const inner = join(root, '.grafos', 'copy', '.grafos', 'dev');
    await mkdir(join(inner, '..'), { recursive: true });
    if (!isWindows) chmodSync(join(root, '.grafos', 'copy'), 0o755);
    StateFolder.at(inner);
    if (!isWindows)
      assert.equal(modeOf(join(root, '.grafos', 'copy')), 0o755, 'what is above it is nobody’s to change');
    const plain = StateFolder.at(join(root, 'by', 'hand', 'state'));
    if (!isWindows) assert.deepEqual([modeOf(plain.path), modeOf(join(root, 'by'))], [0o700, 0o755]);
    assert.equal(StateFolder.findAt(join(root, 'nowhere', 'state')), undefined);
    assert.throws(() => StateFolder.at('/'), unsafe);
  });

  for (const level of ['.grafos', 'dev', 'logs']) {
    it(`refuses a link, a file and a pipe as ${level}`, async function () {
      if (isWindows) this.skip();
      const levels = ['.grafos', 'dev', 'logs'];
      const above = levels.slice(0, levels.indexOf(level));
      const path = join(root, ...above, level);
      await mkdir(join(root, ...above), { recursive: true, mode: 0o700 });
      for (const plant of [
        () => symlink(outside, path),
        () => symlink(join(outside, 'nowhere'), path),
        () => symlink('.', path),
        () => writeFile(path, ''),
        () => execFileSync('mkfifo', [path]),
      ]) {
        await plant();
        assert.throws(() => StateFolder.make(root, '.grafos', 'dev', 'logs'), unsafe);
        assert.throws(() => StateFolder.find(root, '.grafos', 'dev', 'logs'), unsafe);
        assert.throws(() => StateFolder.at(join(root, '.grafos', 'dev', 'logs')), unsafe);
        await rm(path);
      }
    });
  }

  it('refuses what is no file of its own where a file is opened', async function () {
    if (isWindows) this.skip();
    const folder = StateFolder.make(root, '.grafos');
    const path = folder.file('x');
    const plants: Array<[string, () => unknown]> = [
      ['a link', () => symlink(join(outside, 'file'), path)],
      ['a dangling link', () => symlink(join(outside, 'nowhere'), path)],
      ['a link to a device', () => symlink('/dev/full', path)],
      ['a pipe', () => execFileSync('mkfifo', [path])],
      ['a folder', () => mkdir(path)],
    ];
    for (const [what, plant] of plants) {
      await plant();
      assert.throws(() => folder.openAppend('x'), unsafe, what);
      assert.throws(() => folder.openRead('x'), unsafe, what);
      assert.throws(() => folder.read('x'), unsafe, what);
      assert.throws(() => folder.checked('x'), unsafe, what);
      assert.equal(folder.writeNew('x', 'never'), false, what);
      await rm(path, { recursive: true });
    }
    await writeFile(join(root, 'other'), 'two names');
    await link(join(root, 'other'), path);
    assert.throws(() => folder.openAppend('x'), unsafe);
    assert.throws(() => folder.checked('x'), unsafe);
    assert.equal(folder.readText('x'), 'two names', 'reading harms nobody');
  });

  it('replaces a link as a whole file, and removes a link itself', async function () {
    if (isWindows) this.skip();
    const folder = StateFolder.make(root, '.grafos');
    await symlink(join(outside, 'file'), folder.file('x'));
    await folder.write('x', 'new');
    assert.ok((await lstat(folder.file('x'))).isFile());
    await symlink(outside, folder.file('folder'));
    folder.remove('folder');
    await mkdir(folder.file('deep'));
    await symlink(outside, join(folder.file('deep'), 'out'));
    folder.remove('deep');
    folder.remove('was never there');
    assert.deepEqual(folder.names(), ['x']);
  });

  it('notices a level that was replaced while it is in use', async function () {
    if (isWindows) this.skip();
    const logs = StateFolder.make(root, '.grafos', 'dev', 'logs');
    closeSync(logs.openAppend('a.log'));
    await rename(join(root, '.grafos', 'dev'), join(root, 'away'));
    await mkdir(join(root, 'elsewhere', 'logs'), { recursive: true });
    await symlink(join(root, 'elsewhere'), join(root, '.grafos', 'dev'));
    for (const touch of [
      () => logs.openAppend('a.log'),
      () => logs.remove('a.log'),
      () => logs.rename('a.log', 'b.log'),
      () => logs.names(),
      () => logs.make('more'),
      () => logs.writeNew('n', ''),
    ])
      assert.throws(touch, unsafe);
    await assert.rejects(logs.write('c', ''), unsafe);
    assert.deepEqual(await readdir(join(root, 'elsewhere', 'logs')), []);
    await rm(join(root, '.grafos', 'dev'));
    assert.throws(() => logs.names(), { code: 'ENOENT' });
  });

  it('is not another user’s, and a shared folder is none', async function () {
    if (isWindows || process.geteuid?.() !== 0) this.skip();
    await mkdir(join(root, '.grafos'));
    chownSync(join(root, '.grafos'), 65_534, 65_534);
    assert.throws(() => StateFolder.make(root, '.grafos'), /cannot be used/);
    chownSync(join(root, '.grafos'), 0, 0);
    const folder = StateFolder.make(root, '.grafos');
    await writeFile(folder.file('x'), '');
    chownSync(folder.file('x'), 65_534, 65_534);
    assert.throws(() => folder.openRead('x'), unsafe);
    chmodSync(join(root, '.grafos'), 0o1777);
    assert.throws(() => StateFolder.at(join(root, '.grafos')), unsafe);
    assert.equal(statSync(join(root, '.grafos')).mode & 0o7777, 0o1777);
  });

  /** Calls `use` as a user who is not root: root may open whatever the mode says. */
  function asPlainUser(use: () => void): void {
    if (process.geteuid?.() !== 0) {
      use();
      return;
    }
    const own = (path: string) => chownSync(path, 65_534, 65_534);
    for (const path of [root, join(root, '.grafos'), join(root, '.grafos', 'dev')]) own(path);
    for (const name of readdirSync(join(root, '.grafos', 'dev'))) own(join(root, '.grafos', 'dev', name));
    chmodSync(scratch.path, 0o755);
    process.seteuid?.(65_534);
    try {
      use();
    } finally {
      process.seteuid?.(0);
    }
  }

  for (const [level, mode] of [
    ['.grafos', 0o000],
    ['.grafos', 0o300],
    ['.grafos/dev', 0o000],
    ['.grafos/dev', 0o333],
  ] as const) {
    it(`says what to do about ${level} of mode ${mode.toString(8)}`, async function () {
      if (isWindows) this.skip();
      await mkdir(join(root, '.grafos', 'dev'), { recursive: true, mode: 0o700 });
      asPlainUser(() => {
        chmodSync(join(root, level), mode);
        const advice = { code: 'state_unsafe', why: /mode (?:000|300|333)/, next: /mode 700 with chmod/ };
        assert.throws(() => StateFolder.make(root, '.grafos', 'dev'), advice);
        assert.throws(() => StateFolder.find(root, '.grafos', 'dev'), advice);
        chmodSync(join(root, level), 0o700);
        assert.deepEqual(StateFolder.make(root, '.grafos', 'dev').names(), []);
      });
    });
  }

  it('says what to do about a file that its owner may not open', async function () {
    if (isWindows) this.skip();
    const { path } = StateFolder.make(root, '.grafos', 'dev');
    await writeFile(join(path, 'file'), 'text');
    asPlainUser(() => {
      const dev = StateFolder.make(root, '.grafos', 'dev');
      for (const mode of [0o000, 0o200]) {
        chmodSync(join(path, 'file'), mode);
        const advice = { code: 'state_unsafe', next: /mode 600 with chmod/ };
        assert.throws(() => dev.read('file'), advice);
        assert.throws(() => dev.openAppend('file'), advice);
      }
      chmodSync(join(path, 'file'), 0o600);
      assert.equal(dev.readText('file'), 'text');
    });
  });

  for (const what of ['folder', 'file']) {
    it(`refuses a link that takes the place of a ${what} between the look and the open`, async function () {
      if (isWindows) this.skip();
      const folder = StateFolder.make(root, '.grafos');
      const path = folder.file('x');
      if (what === 'folder') await mkdir(path, { mode: 0o755 });
      else await writeFile(path, 'text');
      const { openSync } = fs;
      fs.openSync = (...open) => {
        fs.openSync = openSync;
        syncBuiltinESMExports();
        rmSync(path, { recursive: true });
        symlinkSync(what === 'folder' ? outside : join(outside, 'file'), path);
        return openSync(...open);
      };
      syncBuiltinESMExports();
      const look = () => (what === 'folder' ? folder.find('x') : folder.read('x'));
      assert.throws(look, { code: 'state_unsafe', why: /^A link to / });
      assert.equal(fs.openSync, openSync);
    });
  }

  it('reads no more than it is asked to, and takes no path for a name', async () => {
    const folder = StateFolder.make(root, '.grafos');
    await writeFile(folder.file('huge'), '');
    await truncate(folder.file('huge'), 2 ** 32);
    assert.throws(() => folder.read('huge', 1_000), unsafe);
    for (const name of ['', '.', '..', '../file', 'a/b', 'a\\b', 'a\0b'])
      assert.throws(() => folder.file(name), unsafe, JSON.stringify(name));
    assert.equal(folder.read('nothing'), undefined);
    assert.equal(await folder.readWhole('nothing'), undefined);
  });

  it('leaves nothing of a write that failed', async () => {
    const folder = StateFolder.make(root, '.grafos');
    await mkdir(join(folder.path, 'x', 'full'), { recursive: true });
    await assert.rejects(folder.write('x', 'text'));
    assert.deepEqual(folder.names(), ['x']);
    assert.ok(existsSync(join(folder.path, 'x', 'full')));
  });
});
