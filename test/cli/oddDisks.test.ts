import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { packageRoot } from '../../base/packageRoot.ts';
import { isProcess } from '../../base/processIdentity.ts';
import type { DevState } from '../../daemons/wire/devState.ts';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import type { DoctorReport } from '../../toolchain/stack/doctor.ts';
import { type CommandOptions, grafos, grafosJson, startGrafos } from '../helpers/grafosCommand.ts';
import { programOf } from '../helpers/programCopy.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { watProgram } from '../helpers/watTasklets.ts';
import { WITHOUT_LINKS } from '../helpers/withoutLinks.ts';

const DEADLINE_MS = 20_000;
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

/** A user namespace in which one of the bounds of inotify is 0. */
const withoutInotify = (bound: 'watches' | 'instances') => [
  ...['unshare', '-Ur', 'sh', '-c'],
  ...[`echo 0 > /proc/sys/user/max_inotify_${bound} && exec "$@"`, 'sh'],
];

function has(...command: string[]): boolean {
  try {
    execFileSync(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function endedWithFile(state: DevState): Promise<void> {
  const until = Date.now() + DEADLINE_MS;
  for (const [name, { pid, started }] of Object.entries(state.daemons)) {
    while (await isProcess(pid, started)) {
      if (Date.now() > until) {
        process.kill(pid, 'SIGKILL');
        assert.fail(`${name} lives on without its dev.json`);
      }
      await delay(20);
    }
  }
}

/** Up, a run, four starts at one time, down: all that takes the lock. */
async function inAndOut(options: CommandOptions): Promise<void> {
  await grafosJson(['dev', 'up'], options);
  await grafosJson(['tasklet', 'build'], options);
  assert.equal((await grafosJson<RunResponse>(['deploy', 'run'], options)).state, 'succeeded');
  await Promise.all(Array.from({ length: 4 }, () => grafosJson(['dev', 'up'], options)));
  assert.equal((await grafosJson<RunResponse>(['deploy', 'run'], options)).state, 'succeeded');
  await grafosJson(['dev', 'down'], options);
}

/**
 * Four processes that take a lock in turns until it was taken that often; none may end by itself.
 */
async function contend(lock: string, times: number): Promise<void> {
  const contender = fileURLToPath(new URL('../helpers/lockContender.ts', import.meta.url));
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, [contender, lock], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const ended = children.map((child) => once(child, 'exit'));
  try {
    const { promise, resolve } = Promise.withResolvers<void>();
    let taken = 0;
    for (const { stdout } of children) {
      stdout.setEncoding('utf8').on('data', (text: string) => {
        taken += text.split('.').length - 1;
        if (taken >= times) resolve();
      });
    }
    const first = await Promise.race([promise, ...ended]);
    assert.equal(first, undefined, 'a contender ended by itself');
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ended);
  }
}

describe('disks without hard links', () => {
  it('a stack goes up and down where the system refuses every link', async function () {
    if (process.platform !== 'linux' || !has(...WITHOUT_LINKS, 'true')) this.skip();
    await using program = await programOf(watProgram('hello'));
    const options = { cwd: program.path, under: WITHOUT_LINKS };
    assert.equal(has(...WITHOUT_LINKS, 'ln', join(program.path, 'grafos.toml'), join(program.path, 'second')), false);
    await inAndOut(options);
  });

  it('a dev up that is killed there leaves no lock that the next would wait for', async function () {
    if (process.platform !== 'linux' || !has(...WITHOUT_LINKS, 'true')) this.skip();
    await using program = await programOf(watProgram('hello'));
    const options = { cwd: program.path, under: WITHOUT_LINKS };
    for (const after of [100, 200, 300, 500]) {
      const up = startGrafos(['dev', 'up'], options);
      await delay(after);
      up.child.kill('SIGKILL');
      await up.ended;
    }
    await grafosJson(['dev', 'up'], options);
  });

  it('exFAT', async function () {
    // exFAT is not in every kernel, and its FUSE driver not on every machine: apt-get install
    // exfat-fuse exfatprogs.
    if (!isRoot || !has('which', 'mount.exfat-fuse') || !has('which', 'mkfs.exfat')) this.skip();
    await using folder = await temporaryFolder();
    await using program = await programOf(watProgram('hello'));
    const [image, disk] = [join(folder.path, 'image'), join(folder.path, 'disk')];
    await mkdir(disk);
    execFileSync('touch', [image]);
    await truncate(image, 64 * 1024 * 1024);
    execFileSync('mkfs.exfat', [image], { stdio: 'ignore' });
    const loop = execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim();
    try {
      execFileSync('mount.exfat-fuse', [loop, disk], { stdio: 'ignore' });
      await cp(program.path, disk, { recursive: true });
      await contend(join(disk, '.grafos/dev.lock'), 40);
      await inAndOut({ cwd: disk });
      const state = await grafosJson<DevState>(['dev', 'up'], { cwd: disk });
      const { checks } = await grafosJson<DoctorReport>(['dev', 'doctor'], { cwd: disk });
      const warned = checks.filter(({ status }) => status === 'warn').map(({ name }) => name);
      assert.deepEqual(
        warned,
        ['trust', 'file-events'].sort((a, b) => warned.indexOf(a) - warned.indexOf(b)),
      );
      await rm(join(disk, '.grafos/dev/dev.json'));
      await endedWithFile(state);
    } finally {
      // A daemon that still runs after a failure would keep the disk, and hide the failure.
      await grafos(['dev', 'down'], { cwd: disk });
      execFileSync('umount', [disk]);
      execFileSync('losetup', ['-d', loop]);
    }
  });
});

describe('a program whose path is long', () => {
  // SQLite opens paths of 504 bytes at most, and Windows itself has fewer.
  for (const [length, code] of [
    [400, undefined],
    [650, 'path_too_long'],
    [1200, 'path_too_long'],
  ] as const)
    it(`of ${length} characters ${code === undefined ? 'works as any other' : 'is built and checked, and dev up says why it has no stack'}`, async function () {
      if (process.platform === 'win32') this.skip();
      await using program = await programOf(watProgram('hello'));
      const path = join(program.path, ...Array.from({ length: Math.ceil(length / 100) }, () => 'd'.repeat(99)));
      const deep = path.slice(0, length);
      await mkdir(deep, { recursive: true });
      for (const name of ['grafos.toml', 'tasklets']) await rename(join(program.path, name), join(deep, name));
      const options = { cwd: deep };
      await grafosJson(['tasklet', 'build'], options);
      await grafosJson(['validate'], options);
      if (code === undefined) {
        await inAndOut(options);
        return;
      }
      const { stdout } = await grafos(['dev', 'up', '--json'], options);
      const { error } = JSON.parse(stdout);
      assert.equal(error.code, code, stdout);
      assert.match(`${error.message} ${error.next}`, new RegExp(`${deep}.* Move the program to a shorter path`));
      assert.match((await grafos(['dev', 'status'], options)).stdout, /stopped/);
    });
});

describe('folders whose changes no event tells', () => {
  for (const bound of ['watches', 'instances'] as const) {
    it(`no inotify ${bound} left: doctor warns, and the daemons end with their project all the same`, async function () {
      if (process.platform !== 'linux' || !has(...withoutInotify(bound), 'true')) this.skip();
      await using folder = await temporaryFolder();
      await using program = await programOf(watProgram('hello'));
      const cwd = join(folder.path, 'gone');
      await cp(program.path, cwd, { recursive: true });
      // Another user to the namespace than to the folder that made it.
      await chmod(cwd, 0o777);
      const options = { cwd, under: withoutInotify(bound) };
      const state = await grafosJson<DevState>(['dev', 'up'], options);
      const { ok, checks } = await grafosJson<DoctorReport>(['dev', 'doctor'], options);
      assert.ok(ok);
      const check = checks.find(({ name }) => name === 'file-events');
      assert.equal(check?.status, 'warn');
      assert.match(check?.next ?? '', /max_user_watches/);
      await rm(join(cwd, '.grafos'), { recursive: true, force: true, maxRetries: 5 });
      await endedWithFile(state);
    });
  }

  it('the editor sees a stack come and go, and the helper a folder, without watches', async function () {
    if (process.platform !== 'linux' || !has(...withoutInotify('watches'), 'true')) this.skip();
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o777);
    const state = join(folder.path, '.grafos/dev/dev.json');
    const sources = join(folder.path, 'tasklets');
    const module = (path: string) => JSON.stringify(pathToFileURL(join(packageRoot, path)).href);
    const text = `
      import { existsSync } from 'node:fs';
      import { watchStateFile } from ${module('toolchain/stack/watchStateFile.ts')};
      import { watchFolders } from ${module('daemons/helper/watchFolders.ts')};
      const [root, state, sources] = process.argv.slice(1);
      const say = (what, path) => {
        let was = existsSync(path);
        return () => {
          if (existsSync(path) === was) return;
          was = !was;
          console.log(what + ' ' + (was ? 'came' : 'went'));
        };
      };
      watchStateFile(state, root, say('stack', state));
      const folders = watchFolders(say('source', sources + '/a.ts'));
      folders.follow([root, sources]);
      console.log('ready');
    `;
    const [command = '', ...under] = withoutInotify('watches');
    const node = [
      process.execPath,
      '--no-warnings',
      '--input-type=module',
      '--eval',
      text,
      folder.path,
      state,
      sources,
    ];
    const child = spawn(command, [...under, ...node], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = async () => String((await lines.next()).value);
      assert.equal(await next(), 'ready');
      await mkdir(join(folder.path, '.grafos/dev'), { recursive: true });
      await mkdir(sources);
      await Promise.all([state, join(sources, 'a.ts')].map((file) => writeFile(file, '')));
      assert.deepEqual([await next(), await next()].sort(), ['source came', 'stack came']);
      await Promise.all([rm(join(folder.path, '.grafos'), { recursive: true }), rm(sources, { recursive: true })]);
      assert.deepEqual([await next(), await next()].sort(), ['source went', 'stack went']);
    } finally {
      child.kill();
    }
  });

  it('dev logs --follow and a second dev up work without watches', async function () {
    if (process.platform !== 'linux' || !has(...withoutInotify('watches'), 'true')) this.skip();
    await using program = await programOf(watProgram('hello'));
    const options = { cwd: program.path, under: withoutInotify('watches') };
    const follow = startGrafos(['dev', 'logs', '--follow', '--json'], options);
    const heard = new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('nothing was followed')), DEADLINE_MS);
      follow.child.stdout?.on('data', (text: string) => {
        if (!/connected to cell/.test(text)) return;
        clearTimeout(late);
        resolve();
      });
    });
    const ups = await Promise.all([grafos(['dev', 'up'], options), grafos(['dev', 'up'], options)]);
    assert.deepEqual(
      ups.map(({ code }) => code),
      [0, 0],
      JSON.stringify(ups),
    );
    await heard;
    follow.child.kill('SIGINT');
    assert.equal((await follow.ended).code, 130);
  });
});
