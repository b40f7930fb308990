import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DevState } from '../../daemons/protocol/devState.ts';
import { isProcess } from '../../daemons/protocol/processIdentity.ts';
import type { RunResponse } from '../../daemons/protocol/tenantApi.ts';
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
      execFileSync('umount', [disk]);
      execFileSync('losetup', ['-d', loop]);
    }
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
