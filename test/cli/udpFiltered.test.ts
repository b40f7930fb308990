import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { processStart } from '../../base/processIdentity.ts';
import type { DevState } from '../../daemons/wire/devState.ts';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import type { DoctorReport } from '../../toolchain/stack/doctor.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { networkNamespacesMissing } from '../helpers/networkNamespace.ts';
import { programOf } from '../helpers/programCopy.ts';
import { type UdpFilter, udpFilter } from '../helpers/udpFilter.ts';
import { watProgram } from '../helpers/watTasklets.ts';

const DEADLINE_MS = 60_000;

describe('where no UDP gets through', () => {
  let filter: UdpFilter;

  before(function () {
    const missing = networkNamespacesMissing();
    if (missing !== undefined) this.skip();
  });
  beforeEach(() => {
    filter = udpFilter();
  });
  afterEach(() => filter?.[Symbol.dispose]());

  it('dev up goes over to TCP and says so in one line; runs, tests and doctor work', async () => {
    await using program = await programOf({
      ...watProgram('hello'),
      'fixtures/hello/nothing.input.json': 'null',
      'fixtures/hello/nothing.expected.json': '{}',
    });
    const options = { cwd: program.path, under: filter.under };
    filter.swallow();
    const up = await grafos(['dev', 'up'], options);
    assert.equal(up.code, 0, up.stderr);
    assert.match(up.stderr, /^warning: .*no UDP gets through.*TCP.*\n$/);
    assert.match(up.stdout, /fabricbiosd {2}tcp 127/);
    await grafosJson(['tasklet', 'build'], options);
    assert.equal((await grafosJson<RunResponse>(['deploy', 'run'], options)).state, 'succeeded');
    const { ok, checks } = await grafosJson<DoctorReport>(['dev', 'doctor'], options);
    assert.ok(ok);
    assert.equal(checks.find(({ name }) => name === 'udp')?.status, 'warn');
    assert.match(checks.find(({ name }) => name === 'cell')?.message ?? '', /over tcp/);
    await grafosJson(['dev', 'down'], options);
    // Without a stack `test` starts one of its own.
    const { passed } = await grafosJson<{ passed: number }>(['test', '--no-build'], options);
    assert.equal(passed, 1);
  });

  it('a cell that died is started again and is reached', async () => {
    await using program = await programOf(watProgram('hello'));
    const options = { cwd: program.path, under: filter.under };
    filter.swallow();
    const before = await grafosJson<DevState>(['dev', 'up'], options);
    await grafosJson(['tasklet', 'build'], options);
    const { pid, started } = before.daemons.fabricbiosd;
    process.kill(pid, 'SIGKILL');
    while ((await processStart(pid)) === started) await delay(5);
    await deployWorks(options);
  });

  it('a filter that comes later breaks the link once, and TCP takes its place', async () => {
    await using program = await programOf(watProgram('hello'));
    const options = { cwd: program.path, under: filter.under };
    assert.equal((await grafosJson<DevState>(['dev', 'up'], options)).fabric.transport, 'quic');
    await grafosJson(['tasklet', 'build'], options);
    await deployWorks(options);
    filter.swallow();
    await deployWorks(options);
    const { checks } = await grafosJson<DoctorReport>(['dev', 'doctor'], options);
    assert.match(checks.find(({ name }) => name === 'cell')?.message ?? '', /over tcp/);
  });

  it('--transport quic fails at once by a name, and leaves the stack that runs as it was', async () => {
    await using program = await programOf(watProgram('hello'));
    const options = { cwd: program.path, under: filter.under };
    filter.swallow();
    const first = await grafosJson<DevState>(['dev', 'up'], options);
    const failed = await grafos(['dev', 'up', '--transport', 'quic'], options);
    assert.equal(failed.code, 3);
    assert.match(failed.stderr, /QUIC.*UDP.*--transport tcp/s);
    const { dev, state } = await grafosJson<{ dev: DevState; state: string }>(['dev', 'status'], options);
    assert.equal(state, 'running');
    assert.deepEqual(dev.daemons, first.daemons);
  });

  it('a filter of one port alone: auto takes TCP, quic fails by the same name', async () => {
    await using program = await programOf(watProgram('hello'));
    const options = { cwd: program.path, under: filter.under };
    filter.swallow(40_123);
    const port = ['--fabric-port', '40123'];
    assert.equal((await grafosJson<DevState>(['dev', 'up', ...port], options)).fabric.transport, 'tcp');
    await grafosJson(['dev', 'down'], options);
    const failed = await grafos(['dev', 'up', ...port, '--transport', 'quic', '--json'], options);
    assert.equal(failed.code, 3);
    assert.equal(JSON.parse(failed.stdout).error.code, 'quic_unreachable');
    assert.equal((await grafosJson<{ state: string }>(['dev', 'status'], { ...options, code: 3 })).state, 'stopped');
  });
});

/**
 * Deploys until a run succeeds: the scheduler needs a moment to notice a cell or a link that is
 * gone.
 */
async function deployWorks(options: { cwd: string; under: string[] }): Promise<void> {
  const until = Date.now() + DEADLINE_MS;
  for (;;) {
    const ended = await grafos(['deploy', 'run', '--json'], options);
    if (ended.code === 0) return;
    if (Date.now() > until) assert.fail(`no run succeeded: ${ended.stdout}`);
  }
}
