import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ProgramReader } from '../../../../program/programReader.ts';
import { releaseProfile } from '../../../../toolchain/compile/releaseProfile.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const PLAIN = {
  'opt-level': '3',
  debug: '0',
  'debug-assertions': 'false',
  'overflow-checks': 'false',
  lto: 'false',
  panic: '"unwind"',
  'codegen-units': '16',
  rpath: 'false',
  strip: '"debuginfo"',
};

const ROWS: Array<[name: string, files: Record<string, string>, expected: Record<string, string>]> = [
  ["cargo's defaults where the manifest says nothing", { 'one/Cargo.toml': '[package]\nname = "one"\n' }, PLAIN],
  [
    'those of the crate',
    { 'one/Cargo.toml': '[profile.release]\nopt-level = "z"\nlto = true\ncodegen-units = 1\npanic = "abort"\n' },
    { ...PLAIN, 'opt-level': '"z"', lto: 'true', 'codegen-units': '1', panic: '"abort"' },
  ],
  [
    'no stripping where the crate asks for debug information',
    { 'one/Cargo.toml': '[profile.release]\ndebug = true\n' },
    { ...PLAIN, debug: 'true', strip: '"none"' },
  ],
  [
    'those of the workspace, which alone count to cargo',
    {
      'Cargo.toml': '[workspace]\nmembers = ["one"]\n[profile.release]\nopt-level = 1\nstrip = "symbols"\n',
      'one/Cargo.toml': '[profile.release]\nopt-level = 2\n',
    },
    { ...PLAIN, 'opt-level': '1', strip: '"symbols"' },
  ],
];

describe('the release profile that cargo is given', () => {
  for (const [name, files, expected] of ROWS) {
    it(`is ${name}`, async () => {
      await using folder = await temporaryFolder();
      // A workspace above the program is none of the program's.
      await writeFile(join(folder.path, 'Cargo.toml'), '[workspace]\n[profile.release]\nopt-level = 0\n');
      const root = join(folder.path, 'program');
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), text);
      }
      const args = await releaseProfile(new ProgramReader(root), join(root, 'one'));
      const given = args.filter((one) => one !== '--config').map((one) => one.replace('profile.release.', ''));
      assert.deepEqual(Object.fromEntries(given.map((one) => one.split('='))), expected);
    });
  }
});
