import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import { makeProgramState } from '../../toolchain/stack/programState.ts';
import { grafos, grafosJson, startGrafos } from '../helpers/grafosCommand.ts';
import { noProcessNames, processesNaming } from '../helpers/processesNaming.ts';
import { cookbookCopy, type ProgramCopy, programOf } from '../helpers/programCopy.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { WAT, watManifest, watProgram } from '../helpers/watTasklets.ts';

/**
 * Makes bin/grafos.cjs take its Node for too old, so that it starts the one it brings, as it does
 * for most users.
 */
const OLD_NODE = `if (process.send === undefined) {
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });
}`;

async function endlessProgram(): Promise<ProgramCopy> {
  return programOf({
    'grafos.toml': watManifest(['endless'], 'fuel = 9_000_000_000_000\ntimeout = "60s"\n'),
    'tasklets/endless.wat': WAT.endless,
  });
}

/** Resolves when `program` has a run under way. */
async function running(cwd: string): Promise<string> {
  for (;;) {
    const [run] = await grafosJson<Run[]>(['runs', 'list', '--limit', '1'], { cwd });
    if (run?.state === 'running') return run.run_id;
  }
}

/** Resolves when the command has printed what is wanted. */
function said(child: ChildProcess, wanted: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const late = setTimeout(() => reject(new Error(`not said within 10 s: ${wanted}; but: ${text}`)), 10_000);
    child.stdout?.on('data', (chunk: string) => {
      text += chunk;
      if (!wanted.test(text)) return;
      clearTimeout(late);
      resolve();
    });
  });
}

describe('interrupted', () => {
  before(function () {
    // Windows has no signals that a test could send.
    if (process.platform === 'win32') this.skip();
  });

  it('while it waits for standard input: 130, at once', async () => {
    await using program = await programOf(watProgram('hello'));
    const { child, ended } = startGrafos(['deploy', 'run', '--input', '-'], {
      cwd: program.path,
      stdin: { open: true },
    });
    // Nothing shows from outside that it reads. Asked earlier, it ends with the same code, or by
    // the signal itself.
    setTimeout(() => child.kill('SIGINT'), 300);
    const { code, signal, stderr } = await ended;
    assert.ok(code === 130 || signal === 'SIGINT', stderr);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  it('dev logs --follow tells what comes, also of a stack that is yet to start, until Ctrl-C', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const follow = startGrafos(['dev', 'logs', '--follow', '--json'], { cwd });
    const heard = said(follow.child, /"daemon":"scheduler","line":"[^"]*connected to cell/);
    await grafosJson(['dev', 'up'], { cwd });
    await heard;
    follow.child.kill('SIGINT');
    const { code, stdout, stderr } = await follow.ended;
    assert.equal(code, 130);
    assert.equal(stderr, '');
    for (const line of stdout.trimEnd().split('\n'))
      assert.deepEqual(Object.keys(JSON.parse(line)), ['daemon', 'line']);
  });

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`test with a stack of its own, by ${signal}: no daemon stays`, async () => {
      await using temporary = await temporaryFolder();
      await using program = await cookbookCopy('local-dev');
      const cwd = program.path;
      await grafosJson(['tasklet', 'build'], { cwd });
      const { child, ended } = startGrafos(['test', '--no-build'], { cwd, env: { TMPDIR: temporary.path } });
      if (process.platform === 'linux') while (processesNaming(temporary.path).length === 0) await tick();
      child.kill(signal);
      const { code } = await ended;
      assert.equal(code, signal === 'SIGINT' ? 130 : null);
      await noProcessNames(temporary.path);
      if (signal === 'SIGINT') assert.deepEqual(await readdir(temporary.path), []);
    });
  }

  describe('on a Node too old, where it works through another', () => {
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    let nodeOptions: string[];
    before(async () => {
      folder = await temporaryFolder();
      const preload = join(folder.path, 'old.cjs');
      await writeFile(preload, OLD_NODE);
      nodeOptions = ['-r', preload];
    });
    after(() => folder?.[Symbol.asyncDispose]());

    it('Ctrl-C, which reaches both, cancels the run once and says so', async () => {
      await using program = await endlessProgram();
      const cwd = program.path;
      await grafosJson(['dev', 'up'], { cwd });
      await grafosJson(['tasklet', 'build'], { cwd });
      const { child, ended } = startGrafos(['deploy', 'run'], { cwd, nodeOptions, group: true });
      const runId = await running(cwd);
      process.kill(-(child.pid ?? 0), 'SIGINT');
      const { code, stderr } = await ended;
      assert.equal(code, 130);
      assert.match(stderr, new RegExp(`run ${runId} was cancelled`));
    });

    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      it(`${signal} to the first ends the second, and cancels its run`, async () => {
        await using program = await endlessProgram();
        const cwd = program.path;
        await grafosJson(['dev', 'up'], { cwd });
        await grafosJson(['tasklet', 'build'], { cwd });
        const { child, ended } = startGrafos(['deploy', 'run'], { cwd, nodeOptions });
        const runId = await running(cwd);
        child.kill(signal);
        await ended;
        while ((await grafosJson<Run>(['runs', 'show', runId], { cwd })).state === 'running') await tick();
        assert.equal((await grafosJson<Run>(['runs', 'show', runId], { cwd })).state, 'cancelled');
      });
    }
  });
});

describe('odd surroundings', () => {
  it('no folder for temporary files', async () => {
    await using program = await cookbookCopy('local-dev');
    const env = { TMPDIR: join(program.path, 'nowhere'), TEMP: join(program.path, 'nowhere') };
    const ended = await grafos(['test', '--json'], { cwd: program.path, env });
    assert.equal(ended.code, 3, ended.stdout);
    assert.equal(JSON.parse(ended.stdout).error.code, 'no_such_file');
  });

  it('an output that cannot be written', async function () {
    if (process.platform !== 'linux') this.skip();
    await using folder = await temporaryFolder();
    const shell = startGrafos(['account', 'show'], { cwd: folder.path, stdoutTo: '/dev/full' });
    const { code, stderr } = await shell.ended;
    assert.equal(code, 3);
    assert.match(stderr, /\[output_not_writable\]/);
  });

  it('a clock that differs from the cell’s is named', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    await grafosJson(['dev', 'up'], { cwd });
    await grafosJson(['tasklet', 'build'], { cwd });
    const ahead = (ms: number) => ({
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(`const now = Date.now; Date.now = () => now() + ${ms};`)}`,
    });
    const early = await grafos(['deploy', 'run', '--json'], { cwd, env: ahead(600_000) });
    assert.equal(early.code, 4, early.stdout);
    const { error } = JSON.parse(early.stdout);
    assert.equal(error.code, 'token_not_yet_valid');
    assert.match(error.message, /clock/);
    assert.match(error.next, /^Set the clocks/);
    const late = await grafos(['deploy', 'run', '--json'], { cwd, env: ahead(-600_000) });
    assert.equal(late.code, 4, late.stdout);
    assert.equal(JSON.parse(late.stdout).error.code, 'token_expired');
    const doctor = await grafos(['dev', 'doctor'], { cwd, env: ahead(20 * 86_400_000) });
    assert.equal(doctor.code, 1);
    assert.match(doctor.stdout, /fail {2}trust .*expired/);
  });

  it('a manifest that leases more than the pool has is said at dev up', async () => {
    await using program = await programOf({
      ...watProgram('hello'),
      'grafos.toml': watManifest(['hello'], 'mem = "1MiB"\n'),
    });
    const up = await grafos(['dev', 'up'], { cwd: program.path });
    assert.equal(up.code, 0);
    assert.match(
      up.stderr,
      /warning: tasklet hello leases 1 MiB .* 128 KiB.*\n {2}next: grafos dev up --mem-capacity 1MiB/,
    );
    const enough = await grafos(['dev', 'up', '--mem-capacity', '1MiB'], { cwd: program.path });
    assert.equal(enough.stderr, '');
  });

  it('a file in the place of a folder', async () => {
    await using program = await programOf(watProgram('hello'));
    const state = await makeProgramState(program.path);
    await writeFile(state.file('dev'), 'not a folder');
    const up = await grafos(['dev', 'up', '--json'], { cwd: program.path });
    assert.equal(up.code, 3, up.stdout);
    assert.equal(JSON.parse(up.stdout).error.code, 'state_unsafe');
    await rm(state.file('dev'));
    await using log = await programOf(watProgram('hello'));
    await makeProgramState(log.path);
    await mkdir(join(log.path, '.grafos/dev/logs/helper.log/x'), { recursive: true });
    await mkdir(join(log.path, '.grafos/dev/logs/helper.previous.log/x'), { recursive: true });
    const blocked = await grafos(['dev', 'up', '--json'], { cwd: log.path });
    assert.equal(blocked.code, 3, blocked.stdout);
    assert.equal(JSON.parse(blocked.stdout).error.code, 'not_a_file');
    await noProcessNames(log.path);
  });
});

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
