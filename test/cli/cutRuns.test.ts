import assert from 'node:assert/strict';
import type { Run, RunResponse } from '../../daemons/wire/tenantApi.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { type ProgramCopy, programOf } from '../helpers/programCopy.ts';
import { WAT, watManifest } from '../helpers/watTasklets.ts';

interface Replayed {
  same: boolean;
  compared: string[];
  differences: string[];
  original: RunResponse;
  replay: RunResponse;
}

/** A page of linear memory. */
const PAGE = 64 * 1024;

describe('a run that is ended from outside', () => {
  let program: ProgramCopy;
  let cwd: string;
  before(async () => {
    program = await programOf({
      'grafos.toml': `${watManifest(['rounds', 'endless'], 'fuel = 100_000_000_000\ntimeout = "60s"\n')}
[[tasklet]]\nname = "late"\nsource = "tasklets/rounds.wat"\nfuel = 100_000_000_000\ntimeout = "1s"\n`,
      'tasklets/rounds.wat': WAT.rounds,
      'tasklets/endless.wat': WAT.endless,
    });
    cwd = program.path;
    await grafosJson(['dev', 'up'], { cwd });
    await grafosJson(['tasklet', 'build'], { cwd });
  });
  after(() => program[Symbol.asyncDispose]());

  const cancelled = async (tasklet: string, until: (lines: string[]) => boolean): Promise<RunResponse> => {
    const { run_id } = await grafosJson<Run>(['deploy', 'run', '--tasklet', tasklet, '--detach'], { cwd });
    const deadline = Date.now() + 20_000;
    for (;;) {
      const { lines } = await grafosJson<{ lines: string[] }>(['runs', 'logs', run_id], { cwd });
      if (until(lines)) break;
      assert.ok(Date.now() < deadline, lines.join('\n'));
    }
    await grafosJson(['runs', 'cancel', run_id], { cwd });
    const { response } = await grafosJson<Run>(['runs', 'wait', run_id], { cwd, code: 1 });
    assert.ok(response !== null);
    return response;
  };

  it('has the fuel and memory of its last call when it is cancelled, and a replay stops there', async () => {
    const response = await cancelled('rounds', (lines) => lines.length >= 3);
    assert.equal(response.error?.code, 'cancelled');
    assert.ok(response.fuel_used > 2 * 20_000_000, `${response.fuel_used}`);
    assert.ok(response.linear_memory_peak >= 3 * PAGE, `${response.linear_memory_peak}`);
    const replayed = await grafosJson<Replayed>(['replay', response.run_id], { cwd });
    assert.deepEqual([replayed.same, replayed.differences, replayed.compared], [true, [], ['log', 'fuel_used']]);
    assert.equal(replayed.replay.error?.code, 'fuel_exhausted');
    assert.equal(replayed.replay.fuel_used, response.fuel_used);
    const human = await grafos(['replay', response.run_id], { cwd });
    assert.match(human.stdout, /^same {2}log and fuel, up to where it was ended from outside, equal those of /m);
  });

  it('has them when its time is over', async () => {
    const { run_id, error, fuel_used, linear_memory_peak } = await grafosJson<RunResponse>(
      ['deploy', 'run', '--tasklet', 'late'],
      { cwd, code: 1 },
    );
    assert.equal(error?.code, 'deadline_exceeded');
    assert.ok(fuel_used > 0 && linear_memory_peak >= PAGE);
    assert.equal((await grafosJson<Replayed>(['replay', run_id], { cwd })).same, true);
  });

  it('is not replayed where nothing says where it was', async () => {
    const { run_id } = await grafosJson<Run>(['deploy', 'run', '--tasklet', 'endless', '--detach'], { cwd });
    await grafosJson(['runs', 'cancel', run_id], { cwd });
    const { response } = await grafosJson<Run>(['runs', 'wait', run_id], { cwd, code: 1 });
    assert.equal(response?.fuel_used, 0);
    const { code, stdout } = await grafos(['replay', run_id, '--json'], { cwd });
    assert.deepEqual([code, JSON.parse(stdout).error.code], [2, 'not_replayed']);
  });
});
