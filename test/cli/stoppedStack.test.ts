import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isProcess } from '../../base/processIdentity.ts';
import type { DevState } from '../../daemons/wire/devState.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import type { ShownResponse } from '../../toolchain/output/shownOutput.ts';
import type { DoctorReport } from '../../toolchain/stack/doctor.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { type ProgramCopy, programOf } from '../helpers/programCopy.ts';
import { WAT, watManifest } from '../helpers/watTasklets.ts';

const LONG = JSON.stringify(Array.from({ length: 20_000 }, (_, index) => `row ${index}`));

async function chattyProgram(): Promise<ProgramCopy> {
  const program = await programOf({
    'grafos.toml': watManifest(['talks', 'chatty'], 'fuel = 100_000_000_000\ntimeout = "60s"\n'),
    'tasklets/talks.wat': WAT.talks,
    'tasklets/chatty.wat': WAT.chatty,
    input: '{"n":1.10}',
    long: LONG,
  });
  await grafosJson(['dev', 'up'], { cwd: program.path });
  await grafosJson(['tasklet', 'build'], { cwd: program.path });
  return program;
}

async function run(cwd: string, input: string): Promise<ShownResponse> {
  return grafosJson(['deploy', 'run', '--tasklet', 'talks', '--input', input], { cwd });
}

/** Ends the daemons as a power cut would. */
async function killStack(cwd: string): Promise<void> {
  const { daemons }: DevState = JSON.parse(await readFile(join(cwd, '.grafos/dev/dev.json'), 'utf8'));
  for (const { pid } of Object.values(daemons)) process.kill(pid, 'SIGKILL');
  const deadline = Date.now() + 10_000;
  for (const { pid, started } of Object.values(daemons)) {
    while ((await isProcess(pid, started)) && Date.now() < deadline) await new Promise((done) => setTimeout(done, 20));
  }
}

describe('the runs of a stack that is stopped', () => {
  it('are listed, shown, logged and downloaded, and the folder stays as it was', async () => {
    await using program = await chattyProgram();
    const cwd = program.path;
    const [short, long] = [await run(cwd, 'input'), await run(cwd, 'long')];
    const shown = await grafosJson<Run>(['runs', 'show', short.run_id], { cwd });
    const listed = await grafosJson<Run[]>(['runs', 'list'], { cwd });
    const artifacts = await grafosJson<object>(['artifacts', long.run_id], { cwd });
    await grafosJson(['dev', 'down'], { cwd });
    const before = await readdir(join(cwd, '.grafos/dev'));

    const list = await grafos(['runs', 'list', '--json'], { cwd });
    assert.deepEqual(JSON.parse(list.stdout), listed);
    assert.match(list.stderr, /the stack is stopped/);
    assert.deepEqual(await grafosJson(['runs', 'show', short.run_id], { cwd }), shown);
    assert.match((await grafos(['runs', 'show', short.run_id], { cwd })).stdout, /output {4}\{"n":1\.10\}/);
    assert.equal((await grafos(['runs', 'logs', short.run_id], { cwd })).stdout, 'info  begun\n');
    assert.equal((await grafos(['runs', 'wait', short.run_id], { cwd })).code, 0);
    assert.deepEqual(await grafosJson(['artifacts', long.run_id], { cwd }), artifacts);
    const { dir } = await grafosJson<{ dir: string }>(['artifacts', long.run_id, '--download'], { cwd });
    assert.deepEqual(JSON.parse(await readFile(join(dir, 'response.json'), 'utf8')).output, JSON.parse(LONG));
    assert.equal(await readFile(join(dir, 'input.bin'), 'utf8'), LONG);
    assert.deepEqual(await readdir(join(cwd, '.grafos/dev')), before);

    for (const [args, code] of [
      [['runs', 'cancel', short.run_id], 'runtime_not_ready'],
      [['runs', 'show', 'nobody'], 'not_found'],
      [['replay', short.run_id], 'runtime_not_ready'],
      [['mem', 'read', short.run_id], 'lease_ended'],
    ] as const) {
      const { stdout } = await grafos([...args, '--json'], { cwd });
      assert.equal(JSON.parse(stdout).error?.code, code, `${args.join(' ')}: ${stdout}`);
    }
  });

  it('are there after all its processes were killed, and one under way is lost', async () => {
    await using program = await chattyProgram();
    const cwd = program.path;
    const done = await run(cwd, 'input');
    const { run_id } = await grafosJson<Run>(['deploy', 'run', '--tasklet', 'chatty', '--detach'], { cwd });
    await killStack(cwd);
    const before = await readdir(join(cwd, '.grafos/dev'));
    assert.ok(before.includes('cell.db-wal'), 'the log was not played back');
    const runs = await grafosJson<Run[]>(['runs', 'list'], { cwd });
    assert.deepEqual(
      runs.map((one) => [one.run_id, one.state, one.response?.error?.code]),
      [
        [run_id, 'failed', 'worker_lost'],
        [done.run_id, 'succeeded', undefined],
      ],
    );
    assert.deepEqual(await readdir(join(cwd, '.grafos/dev')), before);
    await grafosJson(['dev', 'up'], { cwd });
    const lost = await grafosJson<Run>(['runs', 'show', run_id], { cwd });
    assert.equal(lost.response?.error?.code, 'worker_lost');
  });

  it('are those of every address, and a running stack names the tenant that has none', async () => {
    await using program = await programOf({
      'grafos.toml': watManifest(['talks']),
      'tasklets/talks.wat': WAT.talks,
      input: '1',
    });
    const at = { cwd: program.path, env: { XDG_CONFIG_HOME: program.path, APPDATA: program.path } };
    const list = async () => (await grafosJson<Run[]>(['runs', 'list'], at)).map(({ run_id }) => run_id);
    const said = async () => (await grafos(['runs', 'list'], at)).stdout;
    await grafosJson(['tasklet', 'build'], at);
    await grafosJson(['dev', 'up'], at);
    assert.equal(await said(), 'no runs yet of the tenant dev-tenant\n');
    const first = await grafosJson<ShownResponse>(['deploy', 'run', '--input', 'input'], at);
    // The stack that runs keeps its tenant.
    await grafosJson(['account', 'set', 'ada@example.com'], at);
    assert.deepEqual(await list(), [first.run_id]);
    await grafosJson(['dev', 'down'], at);
    await grafosJson(['dev', 'up'], at);
    assert.equal(await said(), 'no runs yet of the tenant ada-example-com\n');
    const second = await grafosJson<ShownResponse>(['deploy', 'run', '--input', 'input'], at);
    assert.deepEqual(await list(), [second.run_id]);
    await grafosJson(['dev', 'down'], at);
    assert.deepEqual(await list(), [second.run_id, first.run_id]);
  });

  it('are refused in words where the store is newer, or damaged', async () => {
    await using program = await chattyProgram();
    const cwd = program.path;
    await run(cwd, 'input');
    await grafosJson(['dev', 'down'], { cwd });
    const file = join(cwd, '.grafos/dev/cell.db');
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 999');
    db.close();
    const list = async () => {
      const { stdout, code } = await grafos(['runs', 'list', '--json'], { cwd });
      return [code, JSON.parse(stdout).error?.code];
    };
    assert.deepEqual(await list(), [3, 'store_newer']);
    await writeFile(file, 'no database, whatever its name says. '.repeat(100));
    assert.deepEqual(await list(), [3, 'store_corrupt']);
  });

  it('have a store that dev doctor looks at: damaged anywhere, newer, cut short, or whole', async () => {
    await using program = await chattyProgram();
    const cwd = program.path;
    const look = async () => {
      const ended = await grafos(['dev', 'doctor', '--json'], { cwd });
      const { checks } = JSON.parse(ended.stdout) as DoctorReport;
      return checks.find(({ name }) => name === 'store');
    };
    await run(cwd, 'input');
    assert.equal(await look(), undefined, 'the scheduler answers for the store that it has open');
    await grafosJson(['dev', 'down'], { cwd });
    const file = join(cwd, '.grafos/dev/cell.db');
    const names = await readdir(join(cwd, '.grafos/dev'));
    assert.deepEqual(await look(), { name: 'store', status: 'ok', message: 'whole', next: null });
    assert.deepEqual(await readdir(join(cwd, '.grafos/dev')), names, 'a look leaves nothing behind');
    const whole = await readFile(file);
    const pages = whole.length / 4096;
    const holed = (page: number) =>
      Buffer.concat([whole.subarray(0, page * 4096), Buffer.alloc(4096, 0xa5), whole.subarray((page + 1) * 4096)]);
    for (const [what, bytes] of [
      ['another text', Buffer.from('no database, whatever its name says. '.repeat(300))],
      ['a torn first page', Buffer.concat([whole.subarray(0, 200), Buffer.alloc(3896, 0xff), whole.subarray(4096)])],
      ['a torn middle page', holed(Math.floor(pages / 2))],
      ['a torn last page', holed(pages - 1)],
      ['half of it', whole.subarray(0, Math.floor(pages / 2) * 4096)],
    ] as const) {
      await writeFile(file, bytes);
      const seen = await look();
      assert.equal(seen?.status, 'fail', what);
      assert.match(`${seen?.message} ${seen?.next}`, /cell\.db is damaged.* Move .*\.recover/, what);
      assert.deepEqual(await readFile(file), Buffer.from(bytes), what);
    }
    await writeFile(file, whole);
    await grafosJson(['dev', 'up'], { cwd });
    await grafosJson(['dev', 'down'], { cwd });
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 999');
    db.close();
    assert.match((await look())?.message ?? '', /written by a newer grafos/);
  });
});
