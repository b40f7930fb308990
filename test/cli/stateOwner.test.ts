import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isProcess } from '../../base/processIdentity.ts';
import type { DevState } from '../../daemons/wire/devState.ts';
import type { Run, RunResponse } from '../../daemons/wire/tenantApi.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { programOf } from '../helpers/programCopy.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { watProgram } from '../helpers/watTasklets.ts';

const aside = async (cwd: string, kind = 'foreign') =>
  (await readdir(cwd)).filter((name) => name.startsWith(`.grafos.${kind}-`));

/** Waits until none of the daemons lives; fails after a deadline. */
async function allEnded({ daemons }: DevState): Promise<void> {
  for (const until = performance.now() + 10_000; ; await delay(20)) {
    const alive = await Promise.all(Object.values(daemons).map(({ pid, started }) => isProcess(pid, started)));
    if (!alive.includes(true)) return;
    assert.ok(performance.now() < until, 'daemons of the folder that was set aside still run');
  }
}

describe('whose state it is', () => {
  it('a home folder without the record sets it aside, its daemons end, and its runs come back', async () => {
    await using records = await temporaryFolder();
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const older = { XDG_STATE_HOME: join(records.path, 'older') };
    await grafosJson(['tasklet', 'build'], { cwd, env: older });
    const before = await grafosJson<DevState>(['dev', 'up'], { cwd, env: older });
    const run = await grafosJson<RunResponse>(['deploy', 'run'], { cwd, env: older });

    const status = await grafos(['dev', 'status'], { cwd });
    assert.match(status.stdout, /stopped/);
    assert.match(status.stderr, /was not made by this user on this machine; it is ignored/);
    assert.deepEqual(await aside(cwd), [], 'reading moves nothing');
    assert.match((await grafos(['dev', 'doctor'], { cwd })).stdout, /warn {2}state-folder .*ignored/);

    const up = await grafos(['dev', 'up'], { cwd });
    assert.equal(up.code, 0, up.stderr);
    const [name = '', ...more] = await aside(cwd);
    assert.deepEqual(more, []);
    assert.match(up.stderr, new RegExp(`set aside as ${name}[^]*grafos dev restore ${name}[^]*XDG_STATE_HOME`));
    await allEnded(before);
    assert.equal((await grafos(['runs', 'show', run.run_id], { cwd })).code !== 0, true);

    const running = await grafos(['dev', 'restore', name, '--json'], { cwd });
    assert.equal(JSON.parse(running.stdout).error.code, 'stack_running');
    await grafosJson(['dev', 'down'], { cwd });
    await grafosJson(['dev', 'restore', name], { cwd });
    const again = await grafos(['dev', 'up'], { cwd });
    assert.deepEqual([again.code, again.stderr], [0, '']);
    assert.equal((await grafosJson<Run>(['runs', 'show', run.run_id], { cwd })).state, 'succeeded');
    assert.equal((await aside(cwd, 'replaced')).length, 1);
  });

  it('dev down sets a strange folder aside, and says nothing else of it', async () => {
    await using folder = await temporaryFolder();
    await using program = await programOf(watProgram('hello'));
    const copy = join(folder.path, 'copy');
    await grafosJson(['dev', 'up'], { cwd: program.path });
    // A file that a daemon is about to rename is gone before it is copied.
    const filter = (from: string) => !/\.\d+\.[0-9a-f]+$/.test(from);
    await cp(program.path, copy, { recursive: true, filter });
    const down = await grafos(['dev', 'down'], { cwd: copy });
    assert.equal(down.code, 0, down.stderr);
    const [name = '', ...more] = await aside(copy);
    assert.deepEqual(more, []);
    assert.match(down.stderr, new RegExp(`^warning: .* was set aside as ${name}, and a new one was made`));
    assert.doesNotMatch(down.stderr, /ignored|grafos dev up/);
    assert.equal((await grafosJson<{ state: string }>(['dev', 'status'], { cwd: program.path })).state, 'running');
    assert.equal((await grafos(['dev', 'down'], { cwd: copy })).stderr, '');
  });

  it('a program that is moved keeps its runs, and its copy begins with none', async () => {
    await using folder = await temporaryFolder();
    await using program = await programOf(watProgram('hello'));
    const moved = join(folder.path, 'moved');
    const copy = join(folder.path, 'copy');
    const cwd = program.path;
    await grafosJson(['tasklet', 'build'], { cwd });
    await grafosJson(['dev', 'up'], { cwd });
    const run = await grafosJson<RunResponse>(['deploy', 'run'], { cwd });
    await grafosJson(['dev', 'down'], { cwd });
    await cp(cwd, copy, { recursive: true });
    const up = await grafos(['dev', 'up', '--json'], { cwd: copy });
    assert.match(up.stderr, /It is a copy of the one in/);
    assert.notEqual((await grafos(['runs', 'show', run.run_id], { cwd: copy })).code, 0);
    await grafosJson(['dev', 'down'], { cwd: copy });

    await rename(cwd, moved);
    try {
      const again = await grafos(['dev', 'up'], { cwd: moved });
      assert.deepEqual([again.code, again.stderr], [0, '']);
      assert.equal((await grafosJson<Run>(['runs', 'show', run.run_id], { cwd: moved })).state, 'succeeded');
    } finally {
      await grafos(['dev', 'down'], { cwd: moved });
      await mkdir(cwd);
    }
  });

  it('without a place for records it says which variable gives one, and changes nothing', async function () {
    if (process.platform === 'win32') this.skip();
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    for (const command of [
      ['dev', 'up'],
      ['dev', 'logs', '--follow'],
    ]) {
      const ended = await grafos([...command, '--json'], { cwd, env: { XDG_STATE_HOME: '/dev/null/state' } });
      assert.equal(ended.code, 3, ended.stderr);
      // The lines of the logs come first.
      const { error } = JSON.parse(ended.stdout.slice(ended.stdout.lastIndexOf('{\n  "error"')));
      assert.equal(error.code, 'user_records_failed');
      assert.match(error.next, /XDG_STATE_HOME/);
    }
    const states = async () => (await readdir(cwd)).filter((name) => name.startsWith('.grafos'));
    assert.deepEqual(await states(), []);

    await grafosJson(['dev', 'up'], { cwd });
    const there = await readFile(join(cwd, '.grafos/dev/dev.json'), 'utf8');
    const again = await grafos(['dev', 'up'], { cwd, env: { XDG_STATE_HOME: '/dev/null/state' } });
    assert.equal(again.code, 3, again.stderr);
    assert.deepEqual(await states(), ['.grafos']);
    assert.equal(await readFile(join(cwd, '.grafos/dev/dev.json'), 'utf8'), there);
  });

  it('a cell works without a cache, and says so', async function () {
    if (process.platform === 'win32') this.skip();
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const up = await grafos(['dev', 'up'], { cwd, env: { XDG_CACHE_HOME: '/dev/null/cache' } });
    assert.equal(up.code, 0, up.stderr);
    assert.match(up.stderr, /Large modules are not kept for the next start/);
    await grafosJson(['tasklet', 'build'], { cwd });
    await grafosJson(['deploy', 'run'], { cwd });
    await rm(join(cwd, 'build'), { recursive: true });
  });

  it('a broken audit log is named by dev up, by doctor and over the wire, and stops nothing', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    await grafosJson(['dev', 'up'], { cwd });
    assert.equal((await grafosJson<{ ok: boolean }>(['admin', 'audit-query', '--verify'], { cwd })).ok, true);
    await grafosJson(['dev', 'down'], { cwd });
    const log = join(cwd, '.grafos/dev/audit.jsonl');
    const lines = (await readFile(log, 'utf8')).split('\n');
    await writeFile(log, lines.with(1, lines[1]?.replace('"allowed"', '"refused"') ?? '').join('\n'));

    const up = await grafos(['dev', 'up'], { cwd });
    assert.equal(up.code, 0);
    assert.match(up.stderr, /audit log is broken at .*audit\.jsonl, line 3, record 3/);
    const doctor = await grafos(['dev', 'doctor'], { cwd });
    assert.equal(doctor.code, 1);
    assert.match(doctor.stdout, /fail {2}audit-log .*line 3, record 3/);
    const verdict = await grafosJson<{ ok: boolean; faults: unknown[] }>(['admin', 'audit-query', '--verify'], {
      cwd,
      code: 1,
    });
    assert.deepEqual([verdict.ok, verdict.faults], [false, [{ seq: 3, problem: 'chain_broken' }]]);
    const filtered = await grafos(['admin', 'audit-query', '--verify', '--actor', 'x', '--json'], { cwd });
    assert.equal(JSON.parse(filtered.stdout).error.code, 'wrong_usage');
  });
});
