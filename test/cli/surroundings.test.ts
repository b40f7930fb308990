import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { DevState } from '../../daemons/wire/devState.ts';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import type { RunProfile } from '../../toolchain/profile/profileRun.ts';
import type { DoctorReport } from '../../toolchain/stack/doctor.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { cookbookCopy, programOf } from '../helpers/programCopy.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { watProgram } from '../helpers/watTasklets.ts';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

describe('proxy variables', () => {
  it('never touch what listens on loopback', async () => {
    await using program = await programOf(watProgram('hello'));
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(502).end();
    });
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      socket.destroy();
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      for (const address of [url, 'http://127.0.0.1:9']) {
        const env = {
          ...{
            HTTP_PROXY: address,
            HTTPS_PROXY: address,
            ALL_PROXY: address,
            http_proxy: address,
            https_proxy: address,
          },
          ...{ NODE_USE_ENV_PROXY: '1', NO_PROXY: '', no_proxy: '' },
        };
        const options = { cwd: program.path, env };
        await grafosJson(['dev', 'up'], options);
        await grafosJson(['tasklet', 'build'], options);
        assert.equal(
          (await grafosJson<RunResponse>(['deploy', 'run', '--mem', '4KiB', '--hold', '30s'], options)).state,
          'succeeded',
        );
        const [run] = await grafosJson<RunResponse[]>(['runs', 'list'], options);
        await grafosJson(['mem', 'read', run?.run_id ?? ''], options);
        assert.equal((await grafosJson<{ ok: boolean }>(['dev', 'doctor'], options)).ok, true);
        await grafosJson(['dev', 'down'], options);
      }
      assert.deepEqual(asked, []);
    } finally {
      proxy.close();
    }
  });
});

describe('a key with a passphrase', () => {
  it('is named as that in each of its forms, with the way to write it without one', async function () {
    if (process.platform === 'win32') this.skip();
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const { scheduler_url } = await grafosJson<DevState>(['dev', 'up'], { cwd });
    await grafosJson(['tasklet', 'build'], { cwd });
    const trust = join(cwd, '.grafos/dev/trust');
    const key = join(trust, 'tenant-key.pem');
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd, stdio: 'ignore' });
    openssl('pkcs8', '-topk8', '-v2', 'aes256', '-passout', 'pass:x', '-in', key, '-out', 'pkcs8.pem');
    openssl('ec', '-aes256', '-passout', 'pass:x', '-in', key, '-out', 'older.pem');
    const direct = ['--direct', '--scheduler', scheduler_url, '--ca', join(trust, 'ca.pem'), '--tenant', 'dev-tenant'];
    for (const file of ['pkcs8.pem', 'older.pem']) {
      const args = ['deploy', 'run', ...direct, '--cert', join(trust, 'tenant.pem'), '--key', file];
      const { code, stdout } = await grafos([...args, '--json'], { cwd });
      assert.equal(code, 2, stdout);
      const { error } = JSON.parse(stdout);
      assert.equal(error.code, 'key_encrypted', file);
      assert.match(`${error.message} ${error.next}`, /passphrase.*openssl pkey -in/);
    }
    await grafosJson(['admin', 'init-ca', '--out', 'ca'], { cwd });
    openssl('pkcs8', '-topk8', '-v2', 'aes256', '-passout', 'pass:x', '-in', 'ca/ca-key.pem', '-out', 'ca/enc.pem');
    const issue = ['admin', 'issue-cert', 'someone', '--ca', 'ca/ca.pem', '--ca-key', 'ca/enc.pem', '--out', 'out'];
    const refused = await grafos([...issue, '--json'], { cwd });
    assert.equal(JSON.parse(refused.stdout).error.code, 'key_encrypted');
    openssl('pkey', '-passin', 'pass:x', '-in', 'pkcs8.pem', '-out', 'plain.pem');
    const plain = ['deploy', 'run', ...direct, '--cert', join(trust, 'tenant.pem'), '--key', 'plain.pem'];
    assert.equal((await grafosJson<RunResponse>(plain, { cwd })).state, 'succeeded');
  });
});

describe('a full disk', () => {
  it('is named with its path, and is never a fault of grafos', async function () {
    // Needs a small file system of its own, which on other systems a test cannot make.
    if (!isRoot) this.skip();
    await using folder = await temporaryFolder();
    await using recipe = await cookbookCopy('local-dev');
    const cwd = join(folder.path, 'disk');
    await mkdir(cwd);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', cwd]);
    try {
      execFileSync('cp', ['-r', `${recipe.path}/.`, cwd]);
      await grafosJson(['tasklet', 'build'], { cwd });
      const before = await grafosJson<DevState>(['dev', 'up'], { cwd });
      const run = await grafosJson<RunResponse>(['deploy', 'run'], { cwd });
      execFileSync('sh', ['-c', 'dd if=/dev/zero of=fill bs=4k 2>/dev/null || true'], { cwd });
      for (const args of [
        ['artifacts', run.run_id, '--download'],
        ['dev', 'up', '--mem-capacity', '1MiB'],
      ]) {
        const ended = await grafos(args, { cwd });
        assert.equal(ended.code, 3, `${args}: ${ended.stderr}`);
        assert.match(ended.stderr, /\[disk_full\]/, args.join(' '));
        assert.ok(ended.stderr.includes(cwd) || /\(\S*\.grafos/.test(ended.stderr), ended.stderr);
        assert.doesNotMatch(ended.stderr, /fault of grafos/);
      }
      const profile = await grafos(['profile', run.run_id], { cwd });
      assert.equal(profile.code, 0, profile.stderr);
      for (const part of [/ 100\.0 % /, /~lib\/grafos-std\/\S+\.ts:\d+/]) assert.match(profile.stdout, part);
      const graph = join(cwd, '.grafos/profiles', `${run.run_id}.speedscope.json`);
      const fault = `The flame graph was not written to ${graph}. No space left on the device.`;
      assert.equal(
        profile.stderr,
        `warning: ${fault} [disk_full]\n  next: Free some space and run the command again.\n`,
      );
      const counted = await grafosJson<RunProfile>(['profile', run.run_id], { cwd });
      assert.deepEqual([counted.flame_graph, counted.unwritten?.message], [null, fault]);
      const deploy = await grafos(['deploy', 'run'], { cwd });
      assert.equal(deploy.code, 3, deploy.stderr);
      assert.match(deploy.stderr, /\[storage_unavailable\]\n.*dev doctor names the folder/);
      const doctor = await grafos(['dev', 'doctor'], { cwd });
      assert.equal(doctor.code, 1);
      assert.match(doctor.stdout, /fail {2}state-folder .*space left/);
      const { dev } = await grafosJson<{ dev: DevState }>(['dev', 'status'], { cwd });
      assert.deepEqual(dev.daemons, before.daemons, 'the stack that ran is as it was');
      await rm(join(cwd, 'fill'));
      await grafosJson(['dev', 'down'], { cwd });
    } finally {
      await grafos(['dev', 'down'], { cwd });
      execFileSync('umount', ['-l', cwd]);
    }
  });
});

describe('a disk that is read only', () => {
  for (const state of ['with', 'without']) {
    it(`is said by dev doctor as by dev up, ${state} a state folder`, async function () {
      if (!isRoot) this.skip();
      await using folder = await temporaryFolder();
      await using program = await programOf(watProgram('hello'));
      const cwd = join(folder.path, 'disk');
      await mkdir(cwd);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', cwd]);
      try {
        execFileSync('cp', ['-r', `${program.path}/.`, cwd]);
        if (state === 'with') {
          await grafosJson(['dev', 'up'], { cwd });
          await grafosJson(['dev', 'down'], { cwd });
        }
        execFileSync('mount', ['-o', 'remount,ro', cwd]);
        const up = await grafos(['dev', 'up', '--json'], { cwd });
        const { error } = JSON.parse(up.stdout);
        assert.deepEqual([up.code, error.code], [3, 'permission_denied']);
        const { checks } = await grafosJson<DoctorReport>(['dev', 'doctor'], { cwd, code: 1 });
        const seen = checks.find(({ name }) => name === 'state-folder');
        assert.deepEqual([seen?.status, seen?.next], ['fail', error.next]);
        assert.match(seen?.message ?? '', /the file system is read-only/);
        assert.doesNotMatch(JSON.stringify(seen), /EROFS|owner and mode/);
      } finally {
        execFileSync('umount', [cwd]);
      }
    });
  }
});

describe('a current folder that was removed', () => {
  const from = async (args: string[]) => {
    await using folder = await temporaryFolder();
    const under = ['sh', '-c', 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', 'sh'];
    return await grafos(args, { cwd: folder.path, under });
  };

  for (const args of [
    ['validate'],
    ['test'],
    ['dev', 'up'],
    ['dev', 'status'],
    ['dev', 'down'],
    ['dev', 'doctor'],
    ['new', 'y'],
    ['runs', 'list'],
    ['completion', '--values', 'tasklets'],
    ['cell', 'init', '--state', 'here', '--host', 'localhost'],
    ['deploy', 'run', '--input', 'here'],
  ]) {
    it(`is said by grafos ${args.join(' ')}`, async function () {
      // Windows removes no folder that a process is in.
      if (process.platform === 'win32') this.skip();
      const ended = await from([...args, '--json']);
      assert.equal(ended.code, 3, ended.stdout + ended.stderr);
      const { error } = JSON.parse(ended.stdout);
      assert.equal(error.code, 'current_folder_gone');
      assert.match(error.next, /cd/);
    });
  }

  it('is no fault of a command that needs none', async function () {
    if (process.platform === 'win32') this.skip();
    for (const args of [['--version'], ['dev', '--help'], ['completion', 'bash'], ['account', 'show']]) {
      const ended = await from(args);
      assert.doesNotMatch(ended.stderr, /current_folder_gone|internal_error/, args.join(' '));
    }
    assert.equal((await from(['completion', 'bash'])).code, 0);
  });
});
