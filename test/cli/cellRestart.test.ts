import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CELL_DEATHS_FILE, type CellDeaths } from '../../daemons/wire/cellProcess.ts';
import type { DevState } from '../../daemons/wire/devState.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import type { DoctorReport } from '../../toolchain/stack/doctor.ts';
import { grafos, grafosJson, startGrafos } from '../helpers/grafosCommand.ts';
import { noProcessNames } from '../helpers/processesNaming.ts';
import { type ProgramCopy, programOf } from '../helpers/programCopy.ts';
import { WAT, watManifest } from '../helpers/watTasklets.ts';

const DEADLINE_MS = 30_000;

async function stateOf({ path }: ProgramCopy): Promise<DevState> {
  return JSON.parse(await readFile(join(path, '.grafos/dev/dev.json'), 'utf8'));
}

/** Ends the cell as the system does when memory is short, and waits for its successor. */
async function killCell(program: ProgramCopy): Promise<DevState> {
  const before = await stateOf(program);
  const dead = before.daemons.fabricbiosd.pid;
  const { promise, resolve, reject } = Promise.withResolvers<DevState>();
  const late = setTimeout(() => reject(new Error('no other cell within 30 s')), DEADLINE_MS);
  const watcher = watch(join(program.path, '.grafos/dev'), async () => {
    const state = await stateOf(program).catch(() => before);
    if (state.daemons.fabricbiosd.pid !== dead) resolve(state);
  });
  process.kill(dead, 'SIGKILL');
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    watcher.close();
  }
}

async function runningRun(cwd: string): Promise<string> {
  const until = Date.now() + DEADLINE_MS;
  while (Date.now() < until) {
    const [run] = await grafosJson<Run[]>(['runs', 'list', '--limit', '1'], { cwd });
    if (run?.state === 'running') return run.run_id;
  }
  throw new Error('no run within 30 s');
}

describe('a cell that dies', () => {
  before(function () {
    // Windows has no signal that ends a process so.
    if (process.platform === 'win32') this.skip();
  });

  it('is started again as the same cell, its runs end typed, and a module at two deaths is set aside', async () => {
    await using program = await programOf({
      'grafos.toml': watManifest(['endless', 'hello'], 'fuel = 9_000_000_000_000\ntimeout = "60s"\n'),
      'tasklets/endless.wat': WAT.endless,
      'tasklets/hello.wat': WAT.hello,
    });
    const cwd = program.path;
    const deploy = (tasklet: string) => ['deploy', 'run', '--tasklet', tasklet, '--input', 'grafos.toml', '--json'];
    await grafosJson(['dev', 'up'], { cwd });
    await grafosJson(['tasklet', 'build'], { cwd });
    const first = await stateOf(program);

    for (const time of [1, 2]) {
      const endless = startGrafos(deploy('endless'), { cwd });
      await runningRun(cwd);
      const { fabric, cell_id, scheduler_url, daemons } = await killCell(program);
      assert.deepEqual(
        { fabric, cell_id, scheduler_url },
        { fabric: first.fabric, cell_id: first.cell_id, scheduler_url: first.scheduler_url },
      );
      assert.equal(daemons.scheduler.pid, first.daemons.scheduler.pid);
      const { code, stdout } = await endless.ended;
      assert.equal(code, 1, stdout);
      assert.equal(JSON.parse(stdout).error.code, 'worker_lost');
      const hello = await grafosJson<{ state: string }>(deploy('hello').slice(0, -1), { cwd });
      assert.equal(hello.state, 'succeeded', `after death ${time}`);
    }

    const refused = await grafos(deploy('endless'), { cwd });
    assert.equal(refused.code, 4, refused.stderr);
    assert.match(refused.stdout + refused.stderr, /module_suspect/);
    assert.equal((await grafosJson<{ state: string }>(deploy('hello').slice(0, -1), { cwd })).state, 'succeeded');

    const { checks, ok } = await grafosJson<DoctorReport>(['dev', 'doctor'], { cwd });
    const deaths = checks.find(({ name }) => name === 'cell-deaths');
    assert.equal(ok, true, JSON.stringify(checks));
    assert.match(deaths?.message ?? '', /died 2 times.*started again.*set aside/);
    const file: CellDeaths = JSON.parse(await readFile(join(cwd, '.grafos/dev', CELL_DEATHS_FILE), 'utf8'));
    assert.equal(file.deaths.length, 2);
    assert.equal(file.suspects.length, 1);

    await grafosJson(['dev', 'down'], { cwd });
    await noProcessNames(cwd);
    await grafosJson(['dev', 'up'], { cwd });
    const again = startGrafos(deploy('endless'), { cwd });
    await runningRun(cwd);
    again.child.kill('SIGINT');
    await again.ended;
  }).timeout(180_000);
});
