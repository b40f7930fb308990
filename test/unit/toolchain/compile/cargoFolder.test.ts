import assert from 'node:assert/strict';
import { mkdir, rename } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { cargoFolder } from '../../../../toolchain/compile/cargoFolder.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

describe("cargo's folder of a program", () => {
  let scratch: Awaited<ReturnType<typeof temporaryFolder>>;
  const before = process.env.XDG_STATE_HOME;
  const asUser = (name: string) => {
    process.env.XDG_STATE_HOME = join(scratch.path, name);
  };
  const program = async (name: string) => {
    const root = join(scratch.path, name);
    await mkdir(root);
    return root;
  };

  beforeEach(async () => {
    scratch = await temporaryFolder();
    asUser('me');
  });
  afterEach(async () => {
    if (before === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = before;
    await scratch[Symbol.asyncDispose]();
  });

  it('lies in the state of the program, is the same each time, and differs by command', async () => {
    const root = await program('one');
    const build = await cargoFolder(root, 'build');
    assert.equal(dirname(build), join(root, '.grafos', 'build'));
    assert.match(basename(build), /^cargo-build-[0-9a-f]{16}$/);
    assert.equal(await cargoFolder(root, 'build'), build);
    assert.match(basename(await cargoFolder(root, 'check')), /^cargo-check-[0-9a-f]{16}$/);
    assert.notEqual(basename(await cargoFolder(root, 'check')).slice(-16), build.slice(-16));
  });

  it('has a name that another user, whose program lies at the same path, cannot foresee', async () => {
    const root = await program('one');
    const mine = await cargoFolder(root, 'build');
    asUser('stranger');
    assert.notEqual(await cargoFolder(root, 'build'), mine);
  });

  for (const [name, character] of [
    ['p%41', '%'],
    ['%', '%'],
    [`c${delimiter}d`, delimiter],
  ] as const)
    it(`is refused in ${name}, whose ${character} Rust's tools read otherwise`, async () => {
      const root = await program(name);
      for (const command of ['build', 'check'] as const)
        await assert.rejects(cargoFolder(root, command), {
          code: 'rust_path_unfit',
          message: new RegExp(`has "${character}": .*cargo-${command}-`),
        });
    });

  for (const name of ['a b', 'ü', '[x]', "it's", 'a#b', '100$'])
    it(`is made in ${name}`, async () => {
      assert.ok((await cargoFolder(await program(name), 'build')).includes(name));
    });

  it('has another name in each program', async () => {
    const names = [];
    for (const name of ['one', 'two']) names.push(basename(await cargoFolder(await program(name), 'build')));
    assert.notEqual(names[0], names[1]);
  });

  it('moves along with its program', async () => {
    const root = await program('one');
    const name = basename(await cargoFolder(root, 'build'));
    const moved = join(scratch.path, 'moved');
    await rename(root, moved);
    assert.equal(await cargoFolder(moved, 'build'), join(moved, '.grafos', 'build', name));
  });
});
