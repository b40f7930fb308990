import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { processStart } from '../../base/processIdentity.ts';
import type { DevState } from '../../daemons/wire/devState.ts';
import type { Run, RunResponse } from '../../daemons/wire/tenantApi.ts';
import { grafos, grafosJson, startGrafos } from '../helpers/grafosCommand.ts';
import { noProcessNames } from '../helpers/processesNaming.ts';
import { cookbookCopy, programOf } from '../helpers/programCopy.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { WAT, watManifest, watProgram } from '../helpers/watTasklets.ts';

const root = process.platform === 'linux' && process.getuid?.() === 0;

async function devFolder(cwd: string): Promise<string[]> {
  return (await readdir(join(cwd, '.grafos/dev')).catch(() => [] as string[])).sort();
}

describe('bad luck', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    it(`${signal} at any moment of dev up leaves a whole stack or nothing`, async () => {
      await using program = await programOf(watProgram('hello'));
      const cwd = program.path;
      for (const after of [0, 60, 120, 180, 240, 300, 360, 450]) {
        const up = startGrafos(['dev', 'up'], { cwd });
        const timer = setTimeout(() => up.child.kill(signal), after);
        const ended = await up.ended;
        clearTimeout(timer);
        const left = await devFolder(cwd);
        if (left.includes('dev.json')) {
          const status = await grafosJson<{ state: string }>(['dev', 'status'], {
            cwd,
            ...(ended.code === 0 ? {} : {}),
          }).catch(() => ({ state: 'unhealthy' }));
          // It was killed between dev.json and its last line: the daemons end by themselves, and
          // the next dev up says nothing of it.
          if (status.state === 'running')
            assert.ok(signal === 'SIGKILL' || ended.code === 0, `after ${after} ms: ${JSON.stringify(ended)}`);
          await grafosJson(['dev', 'down'], { cwd });
        } else if (signal !== 'SIGKILL') {
          // Before our first line of code runs, the signal ends the process as it ends any.
          assert.ok(ended.code === 130 || ended.signal === signal, `after ${after} ms: ${JSON.stringify(ended)}`);
          assert.doesNotMatch(ended.stderr, /\n\s+at /);
          if (ended.code === 130)
            assert.deepEqual(
              left.filter(
                (name) =>
                  !['logs', 'cell.db', 'cell.db-shm', 'cell.db-wal', 'audit.jsonl', 'modules', 'runs'].includes(name),
              ),
              [],
            );
        }
        await noProcessNames(cwd);
      }
      await grafosJson(['dev', 'up'], { cwd });
      assert.equal((await grafosJson<{ ok: boolean }>(['dev', 'doctor'], { cwd })).ok, true);
    });
  }

  it('Ctrl-C cancels the run that it started', async () => {
    await using program = await programOf({
      'grafos.toml': watManifest(['endless'], 'fuel = 9_000_000_000_000\ntimeout = "60s"\n'),
      'tasklets/endless.wat': WAT.endless,
    });
    const cwd = program.path;
    await grafosJson(['dev', 'up'], { cwd });
    await grafosJson(['tasklet', 'build'], { cwd });
    const deploy = startGrafos(['deploy', 'run'], { cwd });
    for (;;) {
      const runs = await grafosJson<Run[]>(['runs', 'list'], { cwd });
      if (runs[0]?.state === 'running') break;
    }
    deploy.child.kill('SIGINT');
    const ended = await deploy.ended;
    assert.equal(ended.code, 130, ended.stderr);
    const [run] = await grafosJson<Run[]>(['runs', 'list'], { cwd });
    assert.equal(run?.state, 'cancelled');
    assert.match(ended.stderr, new RegExp(`run ${run?.run_id} was cancelled`));
  });

  it('a run in flight when a daemon is killed ends as worker_lost, and none vanishes', async () => {
    await using program = await programOf({
      'grafos.toml': watManifest(['endless'], 'fuel = 9_000_000_000_000\ntimeout = "60s"\n'),
      'tasklets/endless.wat': WAT.endless,
    });
    const cwd = program.path;
    const state = await grafosJson<DevState>(['dev', 'up'], { cwd });
    await grafosJson(['tasklet', 'build'], { cwd });
    const run = await grafosJson<Run>(['deploy', 'run', '--detach'], { cwd });
    process.kill(state.daemons.scheduler.pid, 'SIGKILL');
    while ((await processStart(state.daemons.scheduler.pid)) === state.daemons.scheduler.started)
      await new Promise((resolve) => setImmediate(resolve));
    const lost = await grafos(['runs', 'list', '--json'], { cwd });
    assert.equal(lost.code, 0);
    assert.deepEqual(
      (JSON.parse(lost.stdout) as Run[]).map(({ run_id, response }) => [run_id, response?.error?.code]),
      [[run.run_id, 'worker_lost']],
    );
    await grafosJson(['dev', 'up'], { cwd });
    const found = await grafosJson<Run>(['runs', 'show', run.run_id], { cwd });
    assert.equal(found.state, 'failed');
    assert.equal(found.response?.error?.code, 'worker_lost');
    for (const [command, code] of [
      ['replay', 'not_replayed'],
      ['profile', 'not_profiled'],
    ] as const) {
      const again = await grafos([command, run.run_id, '--json'], { cwd });
      assert.deepEqual([again.code, JSON.parse(again.stdout).error.code], [2, code]);
    }
  });

  it('a stale dev.json, whose pids are gone or somebody else’s, is replaced and no stranger is harmed', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const state = await grafosJson<DevState>(['dev', 'up'], { cwd });
    await grafosJson(['dev', 'down'], { cwd });
    const mine = (await processStart(process.pid)) ?? '';
    for (const started of ['another start', mine.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10))]) {
      const daemons = Object.fromEntries(
        Object.entries(state.daemons).map(([name, one]) => [name, { ...one, pid: process.pid, started }]),
      );
      await writeFile(join(cwd, '.grafos/dev/dev.json'), JSON.stringify({ ...state, daemons }));
      assert.equal((await grafosJson<{ ok: boolean }>(['dev', 'doctor'], { cwd, code: 1 })).ok, false);
      await grafosJson(['dev', 'up'], { cwd });
      assert.equal((await grafosJson<{ ok: boolean }>(['dev', 'doctor'], { cwd })).ok, true);
      await grafosJson(['dev', 'down'], { cwd });
    }
    for (const torn of ['', '{"version":1', '[]', 'null']) {
      await writeFile(join(cwd, '.grafos/dev/dev.json'), torn);
      assert.match((await grafos(['dev', 'doctor'], { cwd })).stdout, /dev\.json is damaged/);
      await grafosJson(['dev', 'up'], { cwd });
      await grafosJson(['dev', 'down'], { cwd });
    }
  });

  it('a port in use is named, and nothing stays', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = String(typeof address === 'object' ? address?.port : 0);
    try {
      for (const flag of ['--scheduler-port', '--helper-port', '--mem-port']) {
        const ended = await grafos(['dev', 'up', flag, port, '--json'], { cwd });
        assert.equal(ended.code, 3, ended.stdout);
        const { error } = JSON.parse(ended.stdout);
        assert.equal(error.code, 'port_in_use', flag);
        assert.match(error.message, new RegExp(port));
        assert.ok(!(await devFolder(cwd)).includes('dev.json'));
        await noProcessNames(cwd);
      }
    } finally {
      server.close();
    }
  });

  it('a project folder that is deleted takes its daemons with it', async () => {
    await using folder = await temporaryFolder();
    const cwd = join(folder.path, 'gone');
    await mkdir(cwd);
    await writeFile(join(cwd, 'grafos.toml'), watManifest(['hello']));
    await grafosJson(['dev', 'up'], { cwd });
    await rm(cwd, { recursive: true, force: true });
    await noProcessNames(cwd);
  });

  it('a folder that cannot be written', async function () {
    if (process.platform === 'win32') this.skip();
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    await chmod(cwd, 0o555);
    // root may write anywhere: an immutable folder is what stops it.
    if (root) execFileSync('chattr', ['+i', cwd]);
    try {
      for (const command of [
        ['dev', 'up'],
        ['tasklet', 'build'],
      ]) {
        const ended = await grafos([...command, '--json'], { cwd });
        assert.equal(ended.code, 3, `${command}: ${ended.stdout}${ended.stderr}`);
        assert.equal(JSON.parse(ended.stdout).error.code, 'permission_denied');
      }
      assert.equal((await grafos(['validate'], { cwd })).code, 0);
    } finally {
      if (root) execFileSync('chattr', ['-i', cwd]);
      await chmod(cwd, 0o755);
    }
  });

  it('a full disk: an error that says so, and the former state intact', async function () {
    // Needs a small file system of its own, which on other systems a test cannot make.
    if (!root) this.skip();
    await using folder = await temporaryFolder();
    const cwd = join(folder.path, 'disk');
    await mkdir(cwd);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', cwd]);
    try {
      await using recipe = await cookbookCopy('local-dev');
      execFileSync('cp', ['-r', `${recipe.path}/.`, cwd]);
      await grafosJson(['tasklet', 'build'], { cwd });
      const built = await readFile(join(cwd, 'build/local-dev.wasm'));
      await grafosJson(['dev', 'up'], { cwd });
      const run = await grafosJson<RunResponse>(['deploy', 'run'], { cwd });
      execFileSync('sh', ['-c', 'dd if=/dev/zero of=fill bs=4k 2>/dev/null || true'], { cwd });
      for (const command of [
        ['artifacts', run.run_id, '--download'],
        ['tasklet', 'build'],
        ['dev', 'up', '--mem-capacity', '64k'],
      ]) {
        if (command[1] === 'build') {
          // An unchanged source is not built again. The new text has the length of the old one, so
          // that it takes its place.
          await using source = await open(join(cwd, 'tasklets/local-dev.ts'), 'r+');
          await source.write('// ', 0);
        }
        const ended = await grafos([...command, '--json'], { cwd });
        assert.equal(ended.code, 3, `${command}: ${ended.stdout}${ended.stderr}`);
        assert.match(JSON.parse(ended.stdout).error.code, /disk_full|trust_not_writable/, command.join(' '));
        assert.deepEqual(await readFile(join(cwd, 'build/local-dev.wasm')), built);
      }
      await rm(join(cwd, 'fill'));
      await grafosJson(['dev', 'up'], { cwd });
      assert.equal(
        (await grafosJson<Run>(['runs', 'show', run.run_id], { cwd })).state,
        'succeeded',
        'the run is still there',
      );
      await grafosJson(['dev', 'down'], { cwd });
    } finally {
      await grafos(['dev', 'down'], { cwd });
      execFileSync('umount', [cwd]);
    }
  });

  // tmpfs counts bytes and inodes by themselves; a lock needs both.
  for (const [what, fill] of [
    ['bytes', 'dd if=/dev/zero of=fill bs=4k 2>/dev/null || true; (printf x > fill2) 2>/dev/null || true'],
    ['inodes', 'i=0; while mkdir fill$i 2>/dev/null; do i=$((i+1)); done'],
  ] as const) {
    it(`a disk without ${what} left: dev down ends the stack all the same`, async function () {
      if (!root) this.skip();
      await using folder = await temporaryFolder();
      const cwd = join(folder.path, 'disk');
      await mkdir(cwd);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m,nr_inodes=200', 'tmpfs', cwd]);
      try {
        await writeFile(join(cwd, 'grafos.toml'), watManifest(['hello']));
        const { daemons } = await grafosJson<DevState>(['dev', 'up'], { cwd });
        execFileSync('sh', ['-c', fill], { cwd });
        const up = await grafos(['dev', 'up', '--mem-capacity', '64k', '--json'], { cwd });
        assert.deepEqual([up.code, JSON.parse(up.stdout).error.code], [3, 'disk_full']);
        const down = await grafosJson<{ daemons: Record<string, string>; ended: unknown }>(['dev', 'down'], { cwd });
        assert.deepEqual(Object.keys(down.daemons).sort(), Object.keys(daemons).sort());
        assert.ok(!Object.values(down.daemons).includes('absent'), JSON.stringify(down));
        assert.notEqual(down.ended, null);
        await noProcessNames(cwd);
        assert.ok(!(await devFolder(cwd)).includes('dev.json'));
        assert.deepEqual((await grafosJson<{ daemons: object }>(['dev', 'down'], { cwd })).daemons, {});
      } finally {
        await grafos(['dev', 'down'], { cwd });
        execFileSync('umount', [cwd]);
      }
    });
  }
});
