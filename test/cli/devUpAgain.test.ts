import assert from 'node:assert/strict';
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isProcess } from '../../base/processIdentity.ts';
import type { DevState } from '../../daemons/wire/devState.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import type { DoctorReport } from '../../toolchain/stack/doctor.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { noProcessNames } from '../helpers/processesNaming.ts';
import { programOf } from '../helpers/programCopy.ts';
import { WAT, watManifest, watProgram } from '../helpers/watTasklets.ts';

const DEADLINE_MS = 30_000;

interface Up extends DevState {
  replaced: boolean;
  kept: boolean;
  ended: { runs: number; leases: number } | null;
}

async function stateOf(cwd: string): Promise<DevState> {
  return JSON.parse(await readFile(join(cwd, '.grafos/dev/dev.json'), 'utf8'));
}

async function allLive({ daemons }: DevState): Promise<boolean> {
  const alive = await Promise.all(Object.values(daemons).map(({ pid, started }) => isProcess(pid, started)));
  return alive.every(Boolean);
}

/** A program with a run under way that leases fabric memory. */
async function busyProgram() {
  const program = await programOf({
    'grafos.toml': watManifest(['endless'], 'fuel = 9_000_000_000_000\ntimeout = "60s"\nmem = "4KiB"\n'),
    'tasklets/endless.wat': WAT.endless,
  });
  const cwd = program.path;
  const state = await grafosJson<Up>(['dev', 'up'], { cwd });
  await grafosJson(['tasklet', 'build'], { cwd });
  const { run_id } = await grafosJson<Run>(['deploy', 'run', '--detach'], { cwd });
  const until = Date.now() + DEADLINE_MS;
  for (;;) {
    const run = await grafosJson<Run>(['runs', 'show', run_id], { cwd });
    if (run.state === 'running') break;
    assert.ok(Date.now() < until, `the run is ${run.state}`);
  }
  return { program, cwd, state, run_id };
}

describe('dev up, once more', () => {
  it('a mistake leaves the stack that runs as it was, its runs too', async () => {
    const { program, cwd, state, run_id } = await busyProgram();
    await using _program = program;
    const busy = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => busy.once('listening', resolve));
    const address = busy.address();
    const port = String(typeof address === 'object' ? address?.port : 0);
    try {
      for (const [args, code, error] of [
        [['--mem-capacity', '8GiB'], 2, 'flag_invalid'],
        [['--mem-capacity', 'much'], 2, 'wrong_usage'],
        [['--helper-port', '70000'], 2, 'wrong_usage'],
        [['--helper-port', '40001', '--mem-port', '40001'], 2, 'flag_invalid'],
        ...['--fabric-port', '--mem-port', '--scheduler-port', '--helper-port'].map(
          (flag) => [[flag, port], 3, 'port_in_use'] as const,
        ),
      ] as const) {
        const failed = await grafos(['dev', 'up', ...args, '--json'], { cwd });
        assert.equal(failed.code, code, `${args}: ${failed.stdout}`);
        const fault = JSON.parse(failed.stdout).error;
        assert.equal(fault.code, error, args.join(' '));
        if (error === 'port_in_use') assert.ok(`${fault.message} ${fault.next}`.includes(args[0] ?? ''), fault.next);
        assert.doesNotMatch(`${fault.message} ${fault.next}`, /--bind|--mem-dp-bind/);
        assert.deepEqual((await stateOf(cwd)).daemons, state.daemons);
      }
      assert.equal((await grafosJson<Run>(['runs', 'show', run_id], { cwd })).state, 'running');
    } finally {
      busy.close();
    }
  });

  it('keeps the stack when nothing changed, and says so', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const first = await grafosJson<Up>(['dev', 'up', '--mem-capacity', '256KiB'], { cwd });
    assert.equal(first.kept, false);
    const second = await grafosJson<Up>(['dev', 'up', '--mem-capacity', '256k'], { cwd });
    assert.equal(second.kept, true);
    assert.deepEqual(second.daemons, first.daemons);
    assert.match((await grafos(['dev', 'up', '--mem-capacity', '256k'], { cwd })).stdout, /running .*unchanged/);
    const third = await grafosJson<Up>(['dev', 'up'], { cwd });
    assert.deepEqual([third.kept, third.replaced], [false, true]);
    assert.notDeepEqual(third.daemons, first.daemons);
    // A stack that lost a daemon is not the one that was asked for.
    process.kill(third.daemons.helper.pid, 'SIGKILL');
    while (await isProcess(third.daemons.helper.pid, third.daemons.helper.started)) await delay(5);
    const fourth = await grafosJson<Up>(['dev', 'up'], { cwd });
    assert.deepEqual([fourth.kept, fourth.replaced], [false, true]);
  });

  it('takes a fixed port of the stack that it replaces', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const { helper } = await grafosJson<Up>(['dev', 'up'], { cwd });
    const { port } = new URL(helper.url);
    const second = await grafosJson<Up>(['dev', 'up', '--helper-port', port], { cwd });
    assert.equal(second.helper.url, helper.url);
    const third = await grafosJson<Up>(['dev', 'up', '--helper-port', port, '--mem-capacity', '1MiB'], { cwd });
    assert.equal(third.helper.url, helper.url);
  });

  it('says how many runs and leases end with it, as dev down does', async () => {
    const { program, cwd } = await busyProgram();
    await using _program = program;
    const up = await grafos(['dev', 'up', '--mem-capacity', '1MiB'], { cwd });
    assert.match(up.stderr, /warning: 1 run under way and 1 lease of fabric memory end with the stack/);
    await grafosJson(['deploy', 'run', '--detach'], { cwd });
    const down = await grafos(['dev', 'down'], { cwd });
    assert.match(down.stdout, /1 run under way and 1 lease of fabric memory ended with it/);
    assert.equal((await grafosJson<Up>(['dev', 'down'], { cwd })).ended, null);
  });
});

describe('dev.json of another folder or grafos', () => {
  it('a copy of the whole folder commands nothing of the original', async () => {
    await using program = await programOf(watProgram('hello'));
    await using other = await programOf({ 'grafos.toml': '' }, 'other');
    const original = await grafosJson<Up>(['dev', 'up'], { cwd: program.path });
    await rm(other.path, { recursive: true });
    await cp(program.path, other.path, { recursive: true, preserveTimestamps: true });
    const cwd = other.path;
    assert.equal((await grafosJson<{ state: string }>(['dev', 'status'], { cwd, code: 3 })).state, 'stopped');
    assert.equal((await grafos(['deploy', 'run'], { cwd })).code, 3);
    await grafosJson(['dev', 'down'], { cwd });
    assert.ok(await allLive(original), 'dev down');
    const copy = await grafosJson<Up>(['dev', 'up'], { cwd });
    assert.equal(copy.replaced, false);
    assert.ok(await allLive(original), 'dev up');
    assert.ok(await allLive(copy));
  });

  it('a dev.json that was copied alone into another program is named as that', async () => {
    await using program = await programOf(watProgram('hello'));
    await using other = await programOf(watProgram('hello'), 'other');
    const original = await grafosJson<Up>(['dev', 'up'], { cwd: program.path });
    const cwd = other.path;
    await grafosJson(['dev', 'up'], { cwd });
    await grafosJson(['dev', 'down'], { cwd });
    await cp(join(program.path, '.grafos/dev/dev.json'), join(cwd, '.grafos/dev/dev.json'));
    const refused = await grafos(['dev', 'status', '--json'], { cwd });
    assert.equal(JSON.parse(refused.stdout).error.code, 'dev_state_elsewhere');
    await grafosJson(['dev', 'down'], { cwd });
    assert.ok(await allLive(original));
  });

  it('a program that was moved is named as that, and dev up ends its stack of before', async () => {
    await using program = await programOf(watProgram('hello'));
    const before = await grafosJson<Up>(['dev', 'up'], { cwd: program.path });
    const moved = `${program.path}-moved`;
    await rename(program.path, moved);
    try {
      const refused = await grafos(['deploy', 'run', '--json'], { cwd: moved });
      assert.equal(refused.code, 3);
      assert.equal(JSON.parse(refused.stdout).error.code, 'dev_state_moved');
      const now = await grafosJson<Up>(['dev', 'up'], { cwd: moved });
      assert.ok(await allLive(now));
      for (const { pid, started } of Object.values(before.daemons)) assert.equal(await isProcess(pid, started), false);
    } finally {
      await grafosJson(['dev', 'down'], { cwd: moved });
      await rename(moved, program.path);
    }
  });

  it('dev down says what it removed: in a moved program and of a damaged dev.json', async () => {
    await using program = await programOf(watProgram('hello'));
    const before = await grafosJson<Up>(['dev', 'up'], { cwd: program.path });
    const moved = `${program.path}-moved`;
    await rename(program.path, moved);
    try {
      const file = join('.grafos', 'dev', 'dev.json');
      const removed = (text: string, why: RegExp) => {
        assert.match(text, why);
        assert.ok(text.includes(` ${file} was removed.\n  No process was ended on its word.`), text);
        assert.doesNotMatch(text, /\bIt was removed/);
      };
      const down = await grafos(['dev', 'down'], { cwd: moved });
      assert.equal(down.code, 0, down.stderr);
      removed(down.stderr, /^warning: The program was moved while its stack ran\./);
      for (const until = performance.now() + 10_000; performance.now() < until; await delay(20)) {
        const live = Object.values(before.daemons).map(({ pid, started }) => isProcess(pid, started));
        if (!(await Promise.all(live)).includes(true)) break;
      }
      for (const { pid, started } of Object.values(before.daemons)) assert.equal(await isProcess(pid, started), false);
      await writeFile(join(moved, file), '{"version":1');
      removed((await grafos(['dev', 'down'], { cwd: moved })).stderr, /dev\.json is damaged: /);
      assert.equal((await grafos(['dev', 'down'], { cwd: moved })).stderr, '');
    } finally {
      await rename(moved, program.path);
    }
  });

  it('one of another form or grafos is told as that', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const state = await grafosJson<Up>(['dev', 'up'], { cwd });
    const file = join(cwd, '.grafos/dev/dev.json');
    const whole = await stateOf(cwd);
    const versionCheck = async (change: Partial<DevState>, code = 0) => {
      await writeFile(file, JSON.stringify({ ...whole, ...change }));
      const { checks } = await grafosJson<DoctorReport>(['dev', 'doctor'], { cwd, code });
      return checks.find(({ name }) => name === 'version');
    };
    const { path } = whole.grafos ?? { path: '' };
    assert.equal((await versionCheck({}))?.status, 'ok');
    const upgraded = await versionCheck({ grafos: { version: '0.0.1', path } });
    assert.equal(upgraded?.status, 'warn');
    assert.match(upgraded?.message ?? '', /0\.0\.1/);
    const removed = await versionCheck({ grafos: { version: '0.0.1', path: join(cwd, 'gone') } }, 1);
    assert.equal(removed?.status, 'fail');
    assert.match(removed?.message ?? '', /no longer installed/);
    await writeFile(file, JSON.stringify({ ...whole, grafos: { version: '0.0.1', path } }));
    assert.equal((await grafosJson<Up>(['dev', 'up'], { cwd })).replaced, true);
    await noProcess(state);

    await writeFile(file, JSON.stringify({ ...(await stateOf(cwd)), version: 2 }));
    const fault = JSON.parse((await grafos(['runs', 'list', '--json'], { cwd })).stdout).error;
    assert.equal(fault.code, 'dev_state_version');
    assert.match(fault.message, /dev\.json is of another version of grafos/);
    assert.doesNotMatch(fault.message, /no |damaged/);
    await grafosJson(['dev', 'down'], { cwd });
    await noProcessNames(cwd);
  });
});

async function noProcess({ daemons }: DevState): Promise<void> {
  for (const { pid, started } of Object.values(daemons)) assert.equal(await isProcess(pid, started), false);
}
