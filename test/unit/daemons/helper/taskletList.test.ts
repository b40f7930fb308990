import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createTaskletReader } from '../../../../daemons/helper/taskletList.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const HEAD = '[program]\nname = "demo"\nversion = "1.2.3"\n';
const tasklet = (name: string, source: string, more = '') =>
  `[[tasklet]]\nname = "${name}"\nsource = "${source}"\n${more}\n`;
const MODULE = Buffer.from('0061736d01000000', 'hex');

describe('the list of tasklets', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const put = async (path: string, content: string | Uint8Array, age = 0) => {
    const file = join(folder.path, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    const at = new Date(Date.now() - age * 1000);
    await utimes(file, at, at);
  };
  const list = async (reader = createTaskletReader(folder.path)) => (await reader.read()).answer.tasklets;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => await folder[Symbol.asyncDispose]());

  it('has what the manifest says, and what is built', async () => {
    await put(
      'grafos.toml',
      HEAD + tasklet('a', 'a.ts', 'fuel = 7\nmem = "1KiB"\ntimeout = "2s"') + tasklet('b', 'b.wat'),
    );
    await put('a.ts', '', 60);
    await put('build/a.wasm', MODULE);
    const { answer, program } = await createTaskletReader(folder.path).read();
    assert.deepEqual(answer.program, { name: 'demo', version: '1.2.3', root: folder.path });
    assert.equal(program.root, folder.path);
    const [a, b] = answer.tasklets;
    assert.deepEqual([a?.kind, a?.fuel, a?.mem_bytes, a?.timeout_ms], ['assemblyscript', 7, 1024, 2000]);
    assert.deepEqual(
      [a?.built?.size, a?.built?.sha256, a?.built?.stale],
      [8, createHash('sha256').update(MODULE).digest('hex'), false],
    );
    assert.deepEqual([b?.kind, b?.built], ['wat', null]);
  });

  it('says that a module is stale when its source is newer, and of a crate any of its files', async () => {
    await put('grafos.toml', HEAD + tasklet('a', 'a.ts') + tasklet('c', 'crate'));
    for (const path of ['a.ts', 'crate/Cargo.toml', 'crate/src/lib.rs', 'crate/src/deep/er/x.rs'])
      await put(path, '', 120);
    for (const path of ['build/a.wasm', 'build/c.wasm']) await put(path, MODULE, 60);
    const stale = async () => (await list()).map(({ built }) => built?.stale);
    assert.deepEqual(await stale(), [false, false]);
    await put('crate/target/debug/x', '');
    assert.deepEqual(await stale(), [false, false]);
    await put('crate/src/deep/er/x.rs', '');
    assert.deepEqual(await stale(), [false, true]);
    await put('a.ts', '');
    assert.deepEqual(await stale(), [true, true]);
  });

  it('takes a module whose source is gone as it is', async () => {
    await put('grafos.toml', HEAD + tasklet('a', 'a.ts'));
    await put('build/a.wasm', MODULE, 60);
    assert.equal((await list())[0]?.built?.stale, false);
  });

  it('sees a module that is replaced by one of another size, and one that is gone', async () => {
    await put('grafos.toml', HEAD + tasklet('a', 'a.ts'));
    await put('build/a.wasm', MODULE, 60);
    const reader = createTaskletReader(folder.path);
    const first = (await list(reader))[0]?.built?.sha256;
    await put('build/a.wasm', Buffer.concat([MODULE, Buffer.of(0)]));
    const second = (await list(reader))[0]?.built?.sha256;
    assert.ok(first !== undefined && second !== undefined && first !== second);
    await rm(join(folder.path, 'build'), { recursive: true });
    assert.equal((await list(reader))[0]?.built, null);
  });

  it('watches the folders of sources and outputs, those that are not there yet, and crates', async () => {
    await put('grafos.toml', HEAD + tasklet('a', 'x/y/a.ts', 'output = "out/deep/a.wasm"') + tasklet('c', 'crate'));
    await put('crate/src/m/x.rs', '');
    const { folders } = await createTaskletReader(folder.path).read();
    const expected = ['.', 'x', 'x/y', 'out', 'out/deep', 'crate', 'crate/src', 'crate/src/m', 'build'];
    assert.deepEqual(folders.toSorted(), expected.map((path) => join(folder.path, path)).sort());
  });

  it('neither reads nor watches what a link takes out of the program', async () => {
    await using elsewhere = await temporaryFolder();
    await writeFile(join(elsewhere.path, 'a.wasm'), MODULE);
    await put('grafos.toml', HEAD + tasklet('a', 'src/a.ts'));
    await symlink(elsewhere.path, join(folder.path, 'build'));
    await symlink(elsewhere.path, join(folder.path, 'src'));
    const { answer, folders } = await createTaskletReader(folder.path).read();
    assert.equal(answer.tasklets[0]?.built, null);
    assert.deepEqual(folders, [folder.path]);
  });

  it('is an error where there is no manifest, or a wrong one', async () => {
    await assert.rejects(list(), { name: 'GrafosError', kind: 'usage' });
    await put('grafos.toml', `${HEAD}[[tasklet]]\n`);
    await assert.rejects(list(), { code: 'manifest_invalid', kind: 'usage' });
  });
});
