import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readDevFile } from '../../../../daemons/wire/readDevFile.ts';
import { devDown } from '../../../../toolchain/stack/devDown.ts';
import { devStatus } from '../../../../toolchain/stack/devStatus.ts';
import { doctor } from '../../../../toolchain/stack/doctor.ts';
import { makeProgramState } from '../../../../toolchain/stack/programState.ts';
import { stackPaths } from '../../../../toolchain/stack/stackPaths.ts';
import { DEV_STATE } from '../../../helpers/devStateFile.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const signal = () => AbortSignal.timeout(20_000);

/** Every field of a value replaced in turn by values of other kinds, and left out. */
function broken(value: unknown, at = 'dev.json'): Array<[name: string, value: unknown]> {
  const others = [null, true, -1, 1.5, 2 ** 60, 'x\u0000\n', '', [], {}, { length: 1 }];
  const here = others
    .filter(
      (other) => typeof other !== typeof value || (value !== null && typeof value === 'object' && Array.isArray(other)),
    )
    .map((other): [string, unknown] => [`${at} is ${JSON.stringify(other)}`, other]);
  if (typeof value !== 'object' || value === null) return here;
  return [
    ...here,
    ...Object.entries(value).flatMap(([key, field]) => [
      ...broken(field, `${at}.${key}`).map(([name, other]): [string, unknown] => [name, { ...value, [key]: other }]),
      [`${at} has no ${key}`, Object.fromEntries(Object.entries(value).filter(([one]) => one !== key))] as [
        string,
        unknown,
      ],
    ]),
  ];
}

async function folderWith(write: (file: string) => Promise<unknown>) {
  const folder = await temporaryFolder();
  const paths = stackPaths(folder.path);
  await makeProgramState(folder.path, 'dev');
  await write(paths.state);
  return { root: folder.path, file: paths.state, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe('dev.json of a stranger', () => {
  it('is whole when it is as dev up writes it, also with a key of a newer version', async () => {
    await using folder = await folderWith((file) => writeFile(file, JSON.stringify({ ...DEV_STATE, newer: 1 })));
    assert.equal((await readDevFile(folder.file)).kind, 'whole');
    assert.deepEqual(await readDevFile(join(folder.root, 'none', 'dev.json')), { kind: 'none' });
  });

  it('is invalid with any one field wrong, and never an error', async () => {
    await using folder = await folderWith(async () => {});
    const cases = broken(DEV_STATE);
    assert.ok(cases.length > 200, `${cases.length} cases`);
    for (const [name, value] of cases) {
      // An empty text is no worse than another for a name that only people read.
      if (/\.started is/.test(name)) continue;
      await writeFile(folder.file, JSON.stringify(value));
      assert.equal((await readDevFile(folder.file)).kind, 'invalid', name);
    }
  });

  for (const [name, change] of Object.entries({
    'another host for the scheduler': { scheduler_url: 'https://203.0.113.7:8443' },
    'a name for the scheduler': { scheduler_url: 'https://localhost.evil.example:1' },
    'a helper elsewhere': { helper: { url: 'http://203.0.113.7:80' } },
    'a data plane elsewhere': { fabric: { ...DEV_STATE.fabric, mem_dataplane: 'https://203.0.113.7:1/mem' } },
    'the process group 0': { daemons: { ...DEV_STATE.daemons, helper: { ...DEV_STATE.daemons.helper, pid: 0 } } },
    'all processes': { daemons: { ...DEV_STATE.daemons, helper: { ...DEV_STATE.daemons.helper, pid: -1 } } },
    'another version': { version: 2 },
  })) {
    it(`is invalid with ${name}`, async () => {
      await using folder = await folderWith((file) => writeFile(file, JSON.stringify({ ...DEV_STATE, ...change })));
      assert.equal((await readDevFile(folder.file)).kind, 'invalid');
    });
  }

  const posix = process.platform === 'win32' ? [] : ['pipe', 'endless device', 'link to itself'];
  for (const kind of ['empty', 'torn', 'no JSON', 'deep', 'huge', 'sparse', 'folder', ...posix]) {
    it(`is reported as what it is where it is ${kind}: by status, doctor and down`, async () => {
      await using folder = await folderWith(async (file) => {
        if (kind === 'empty') return writeFile(file, '');
        if (kind === 'torn') return writeFile(file, JSON.stringify(DEV_STATE).slice(0, 200));
        if (kind === 'no JSON') return writeFile(file, '\u001b[2J');
        if (kind === 'deep') return writeFile(file, `{"version":1,"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`);
        if (kind === 'huge') return writeFile(file, JSON.stringify({ ...DEV_STATE, x: 'x'.repeat(1_000_000) }));
        if (kind === 'sparse') return writeFile(file, '').then(() => truncate(file, 2 ** 40));
        if (kind === 'folder') return mkdir(file);
        if (kind === 'pipe') return execFileSync('mkfifo', [file]);
        return symlink(kind === 'endless device' ? '/dev/zero' : 'dev.json', file);
      });
      assert.equal((await readDevFile(folder.file)).kind, 'invalid');
      await assert.rejects(devStatus(folder.root, signal()), {
        code: 'dev_state_invalid',
        kind: 'unreachable',
        next: /dev up/,
      });
      const { ok, checks } = await doctor(folder.root, signal());
      const check = checks.find(({ name }) => name === 'dev.json');
      assert.equal(ok, false);
      assert.match(check?.message ?? '', /dev\.json is damaged/);
      assert.equal(checks.at(-1)?.name, 'dev.json', 'nothing else is looked at');
      if (kind === 'folder') return;
      const down = await devDown(folder.root, signal());
      assert.deepEqual(down.daemons, {});
      assert.match(down.warning ?? '', /damaged/);
      assert.equal((await readDevFile(folder.file)).kind, 'none');
    });
  }

  it('is not called damaged where its folder cannot be used: by status and doctor', async () => {
    await using folder = await folderWith(async () => {});
    const dev = join(folder.root, '.grafos', 'dev');
    const plants = [() => writeFile(dev, ''), ...(posix.length === 0 ? [] : [() => symlink(folder.root, dev)])];
    for (const plant of plants) {
      await rm(dev, { recursive: true });
      await plant();
      const unsafe = { code: 'state_unsafe', message: `${dev} cannot be used for state.`, next: /move it away/ };
      await assert.rejects(devStatus(folder.root, signal()), unsafe);
      const { ok, checks } = await doctor(folder.root, signal());
      assert.equal(ok, false);
      assert.ok(checks.some(({ status, message }) => status === 'fail' && message.startsWith(unsafe.message)));
    }
  });
});
