import assert from 'node:assert/strict';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PROGRAM_LIMITS } from '../../../../program/programLimits.ts';
import { checkCrateFiles } from '../../../../toolchain/compile/checkCrateFiles.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const PACKAGE = '[package]\nname = "a"\nversion = "0.1.0"\n';

describe('the files of a crate', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let outside: Awaited<ReturnType<typeof temporaryFolder>>;
  const at = (path: string) => join(folder.path, path);
  const put = async (files: Record<string, string>) => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(at(path)), { recursive: true });
      await writeFile(at(path), content);
    }
  };
  const check = () => checkCrateFiles(folder.path, at('crate'));
  const codeOf = async () => {
    try {
      await check();
      return 'taken';
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  };

  beforeEach(async () => {
    [folder, outside] = [await temporaryFolder(), await temporaryFolder()];
    await writeFile(join(outside.path, 'secret.rs'), 'secret');
    await put({ 'crate/Cargo.toml': PACKAGE, 'crate/src/lib.rs': '', 'crate/src/deep/er.rs': '' });
  });
  afterEach(async () => {
    await folder[Symbol.asyncDispose]();
    await outside[Symbol.asyncDispose]();
  });

  it('are taken as they are, with what lies above, and links inside of the program', async () => {
    await put({
      'Cargo.toml': '[workspace]\n',
      'rust-toolchain.toml': '',
      '.cargo/config.toml': '',
      'shared/x.rs': '',
    });
    await symlink(at('shared'), at('crate/src/shared'));
    await symlink(at('shared/x.rs'), at('crate/src/y.rs'));
    assert.equal(await codeOf(), 'taken');
  });

  it('need a Cargo.toml', async () => {
    assert.equal(await checkCrateFiles(folder.path, at('other')).catch(({ code }) => code), 'no_such_file');
  });

  const rows: Array<[what: string, code: string, spoil: () => Promise<unknown>]> = [
    [
      'a source that leads out',
      'file_outside_program',
      () => symlink(join(outside.path, 'secret.rs'), at('crate/src/x.rs')),
    ],
    [
      'a link of any name that leads out',
      'file_outside_program',
      () => symlink(join(outside.path, 'secret.rs'), at('crate/notes')),
    ],
    ['a folder that leads out', 'file_outside_program', () => symlink(outside.path, at('crate/src/more'))],
    [
      'settings of cargo that lead out',
      'file_outside_program',
      () =>
        mkdir(at('crate/.cargo')).then(() => symlink(join(outside.path, 'secret.rs'), at('crate/.cargo/config.toml'))),
    ],
    [
      'settings above it that lead out',
      'file_outside_program',
      () => symlink(join(outside.path, 'secret.rs'), at('rust-toolchain')),
    ],
    [
      'a library whose path leads out',
      'file_outside_program',
      () => put({ 'crate/Cargo.toml': `${PACKAGE}[lib]\npath = "../../secret.rs"\n` }),
    ],
    [
      'a library at an absolute path',
      'file_outside_program',
      () => put({ 'crate/Cargo.toml': `${PACKAGE}[lib]\npath = "/etc/passwd"\n` }),
    ],
    [
      'a build script that leads out',
      'file_outside_program',
      () => put({ 'crate/Cargo.toml': `${PACKAGE}build = "../../x.rs"\n` }),
    ],
    [
      'a binary whose path leads out',
      'file_outside_program',
      () => put({ 'crate/Cargo.toml': `${PACKAGE}[[bin]]\nname = "b"\npath = "../../x.rs"\n` }),
    ],
    [
      'a source that is a folder',
      'not_a_file',
      () => mkdir(at('crate/src/x.rs')).then(() => put({ 'crate/Cargo.toml': `${PACKAGE}[lib]\npath = "src/x.rs"\n` })),
    ],
    ['too large a source', 'file_too_large', () => truncate(at('crate/src/lib.rs'), PROGRAM_LIMITS.crateFile + 1)],
  ];
  for (const [what, code, spoil] of rows) {
    it(`are refused with ${what}`, async () => {
      await spoil();
      assert.equal(await codeOf(), code);
    });
  }

  it('are those of the crates of the program that it depends on, too, once each', async () => {
    await put({
      'crate/Cargo.toml': `${PACKAGE}[dependencies]\nb = { path = "../b" }\n[build-dependencies]\nc = { path = "../c" }\n`,
      'b/Cargo.toml': `${PACKAGE}[dependencies]\na = { path = "../crate" }\n`,
      'c/Cargo.toml': PACKAGE,
    });
    assert.equal(await codeOf(), 'taken');
    await symlink(join(outside.path, 'secret.rs'), at('c/x.rs'));
    assert.equal(await codeOf(), 'file_outside_program');
  });

  it('are not those of a crate outside of the program, nor what cargo itself makes', async () => {
    await put({
      'crate/Cargo.toml': `${PACKAGE}[dependencies]\nb = { path = "${outside.path}" }\nc = "1"\n`,
      'crate/target/x': '',
    });
    await symlink(join(outside.path, 'secret.rs'), at('crate/target/x.rs'));
    assert.equal(await codeOf(), 'taken');
  });

  it('name the file relative to the program, and nothing of what is in it', async () => {
    await symlink(join(outside.path, 'secret.rs'), at('crate/src/x.rs'));
    const error = await check().catch((thrown) => thrown);
    assert.match(error.message, /crate\/src\/x\.rs/);
    assert.doesNotMatch(`${error.message} ${error.why}`, /: secret$/m);
  });

  it('with a manifest that is broken are for cargo to judge', async () => {
    await put({ 'crate/Cargo.toml': '[package\nname = ' });
    assert.equal(await codeOf(), 'taken');
  });
});
