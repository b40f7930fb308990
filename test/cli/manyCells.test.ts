import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run, RunResponse } from '../../daemons/wire/tenantApi.ts';
import { confirmCell } from '../../toolchain/confirm/cellConfirmation.ts';
import { addCloudCell } from '../../toolchain/deploy/cloudCells.ts';
import type { ProviderStatus } from '../../toolchain/deploy/providerStatus.ts';
import { expiredCell } from '../helpers/expiredCell.ts';
import { type Ended, grafos } from '../helpers/grafosCommand.ts';
import { McpClient } from '../helpers/mcpClient.ts';
import { networkNamespacesMissing } from '../helpers/networkNamespace.ts';
import { type ProgramCopy, programOf } from '../helpers/programCopy.ts';
import { type SecondCell, secondCell } from '../helpers/secondCell.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { watProgram } from '../helpers/watTasklets.ts';

const missing = networkNamespacesMissing();

describe(`several cells of aws${missing === undefined ? '' : ` (skipped: ${missing})`}`, function () {
  this.timeout(240_000);
  let stateBefore: string | undefined;
  let state: { path: string } & AsyncDisposable;
  let trust: { path: string } & AsyncDisposable;
  let program: ProgramCopy;
  let cells: Record<'eu' | 'us' | 'asia', SecondCell>;

  before(async function () {
    if (missing !== undefined) return this.skip();
    state = await temporaryFolder('grafos-state-');
    stateBefore = process.env.XDG_STATE_HOME;
    process.env.XDG_STATE_HOME = state.path;
    trust = await temporaryFolder('grafos-trust-');
    program = await programOf(watProgram('echo', 'remembers'));
    const [eu, us, asia] = await Promise.all([
      secondCell('aws', 'eu-1'),
      secondCell('aws', 'us-1'),
      secondCell('aws', 'asia-1'),
    ]);
    cells = { eu, us, asia };
    await done('tasklet', 'build');
  });

  after(async () => {
    if (missing !== undefined) return;
    if (stateBefore === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = stateBefore;
    await Promise.all(Object.values(cells).map((cell) => cell[Symbol.asyncDispose]()));
    for (const folder of [program, state, trust]) await folder[Symbol.asyncDispose]();
  });

  const run = (...args: string[]): Promise<Ended> =>
    grafos([...args, '--json'], { cwd: program.path, env: { XDG_STATE_HOME: state.path } });
  async function done<Value = unknown>(...args: string[]): Promise<Value> {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 0, `${args.join(' ')}\n${stdout}\n${stderr}`);
    return JSON.parse(stdout) as Value;
  }
  async function refused(...args: string[]): Promise<{ code: string; message: string; why: string; next: string }> {
    const { code, stdout } = await run(...args);
    assert.notEqual(code, 0, stdout);
    return JSON.parse(stdout).error;
  }
  async function adopt(name: keyof typeof cells, ...more: string[]): Promise<Ended> {
    const cell = cells[name];
    const own = async (from: string, to: string) => {
      const file = join(trust.path, `${name}-${to}.pem`);
      await cp(from, file);
      return file;
    };
    const [ca, cert, key] = [
      await own(cell.ca, 'ca'),
      await own(cell.tenantCert, 'cert'),
      await own(cell.tenantKey, 'key'),
    ];
    const files = ['--ca', ca, '--cert', cert, '--key', key, '--tenant', cell.tenant];
    return run('cloud', 'adopt', 'aws', '--scheduler', cell.url, ...files, ...more);
  }
  const deploy = (...more: string[]) =>
    done<RunResponse>(
      ...['deploy', 'run', '--tasklet', 'echo', '--provider', 'aws', '--input', 'grafos.toml', ...more],
    );

  it('have names of their own, and two equal ones are refused', async () => {
    assert.equal((await adopt('eu', '--name', 'eu')).code, 0);
    const equal = JSON.parse((await adopt('us', '--name', 'eu')).stdout).error;
    assert.equal(equal.code, 'cell_name_used');
    assert.ok(equal.why.includes(cells.eu.url), equal.why);
    const odd = JSON.parse((await adopt('us', '--name', 'e u')).stdout).error;
    assert.equal(odd.code, 'wrong_usage');
    assert.equal((await adopt('us')).code, 0);
    assert.equal((await adopt('asia', '--name', 'asia')).code, 0);
    const list = JSON.parse(await readFile(join(program.path, '.grafos/cloud/aws-cells.json'), 'utf8'));
    assert.deepEqual(
      list.map(({ name }: { name: string }) => name),
      ['asia', 'aws-us-1-1', 'eu'],
    );
    const { stdout } = await grafos(['completion', '--values', 'cells'], { cwd: program.path });
    assert.deepEqual(stdout.trim().split('\n'), ['asia', 'aws-us-1-1', 'eu']);
  });

  it('are all shown, with the one that the next deploy takes', async () => {
    const { ready, cells: shown } = await done<ProviderStatus>('provider', 'status', 'aws');
    assert.equal(ready, true);
    assert.deepEqual(
      shown.map(({ name, region, ready: isReady, is_next, cost }) => [name, region, isReady, is_next, cost]),
      [
        ['asia', 'asia-1', true, true, 'unknown'],
        ['aws-us-1-1', 'us-1', true, false, 'unknown'],
        ['eu', 'eu-1', true, false, 'unknown'],
      ],
    );
    for (const { version, last_heartbeat, certificate_ends } of shown) {
      assert.match(String(version), /^\d+\.\d+/);
      assert.ok(Date.parse(String(last_heartbeat)) > Date.now() - 60_000);
      const days = (Date.parse(String(certificate_ends)) - Date.now()) / 86_400_000;
      assert.ok(days > 9 && days < 10.1, String(days));
    }
    const { stdout } = await grafos(['provider', 'status', 'aws'], {
      cwd: program.path,
      env: { XDG_STATE_HOME: state.path },
    });
    assert.match(stdout, /\* asia +ready +asia-1/);
    assert.match(stdout, /aws-us-1-1 +ready +us-1/);
  });

  it('take a run by their name, which the record keeps', async () => {
    const unknown = await refused('deploy', 'run', '--tasklet', 'echo', '--provider', 'aws', '--cell', 'mars');
    assert.equal(unknown.code, 'cell_unknown');
    assert.match(unknown.next, /asia, aws-us-1-1, eu/);
    const near = await refused('runs', 'list', '--provider', 'aws', '--cell', 'aisa');
    assert.match(near.next, /^Did you mean "asia"\? Its cells are: /);
    for (const command of [['runs', 'list'], ['token'], ['api', 'GET', '/api/v1/runs']])
      assert.equal((await refused(...command, '--provider', 'aws', '--cell', 'mars')).code, 'cell_unknown');
    assert.equal((await refused('deploy', 'run', '--tasklet', 'echo', '--cell', 'eu')).code, 'wrong_usage');

    // The first deploy to each cell is a question of its own.
    const unasked = await refused('deploy', 'run', '--tasklet', 'echo', '--provider', 'aws', '--cell', 'eu');
    assert.equal(unasked.code, 'deploy_not_confirmed');
    assert.ok(unasked.why.includes(cells.eu.url));
    const there = await deploy('--cell', 'eu', '--yes');
    assert.equal(there.cell_id, cells.eu.cellId);
    assert.equal(
      (await refused('deploy', 'run', '--provider', 'aws', '--tasklet', 'echo', '--cell', 'asia')).code,
      'deploy_not_confirmed',
    );

    // It is the preferred one now, without a name.
    assert.equal((await deploy()).cell_id, cells.eu.cellId);
    const shown = await done<Run>('runs', 'show', there.run_id);
    assert.equal(shown.cell_id, cells.eu.cellId);
    assert.equal((await refused('runs', 'show', there.run_id, '--cell', 'asia')).code, 'not_found');
    assert.equal((await done<Run>('runs', 'show', there.run_id, '--cell', 'eu')).run_id, there.run_id);
    await done('artifacts', there.run_id, '--download');
  });

  it('are found without a record too, and listed together', async () => {
    const here = await deploy('--cell', 'asia', '--yes');
    await rm(join(state.path, 'grafos', 'used-cells'), { recursive: true });
    const found = await done<Run>('runs', 'show', here.run_id);
    assert.equal(found.cell_id, cells.asia.cellId);
    await deploy('--cell', 'asia');
    const runs = await done<Run[]>('runs', 'list', '--provider', 'aws');
    assert.deepEqual([...new Set(runs.map(({ cell_id }) => cell_id))].sort(), [cells.asia.cellId, cells.eu.cellId]);
    const own = await done<Run[]>('runs', 'list', '--provider', 'aws', '--cell', 'asia');
    assert.deepEqual(
      own.map(({ cell_id }) => cell_id),
      [cells.asia.cellId, cells.asia.cellId],
    );
  });

  it('are told apart by name in the tools of an assistant, too', async () => {
    await using client = new McpClient(program.path);
    await client.open();
    const runs = async (given: object) => {
      const { isError, structuredContent } = await client.tool('grafos_list_runs', { provider: 'aws', ...given });
      assert.notEqual(isError, true, JSON.stringify(structuredContent));
      return (structuredContent as { runs: Run[] }).runs.map(({ run_id }) => run_id);
    };
    const refusal = async (tool: string, given: object) => {
      const { isError, content } = await client.tool(tool, given);
      assert.equal(isError, true);
      return content[0]?.text ?? '';
    };
    const [all, asia, eu] = [await runs({}), await runs({ cell: 'asia' }), await runs({ cell: 'eu' })];
    assert.deepEqual([all.length, asia.length, eu.length > 0], [asia.length + eu.length, 2, true]);
    const [run_id = ''] = asia;
    for (const tool of ['grafos_show_run', 'grafos_list_artifacts']) {
      const { isError, structuredContent } = await client.tool(tool, { run_id, cell: 'asia' });
      assert.deepEqual([isError === true, (structuredContent as { run_id: string }).run_id], [false, run_id]);
      assert.match(await refusal(tool, { run_id, cell: 'eu' }), /not_found/);
      assert.match(await refusal(tool, { run_id, provider: 'local', cell: 'eu' }), /wrong_usage/);
      assert.match(await refusal(tool, { run_id, cell: 'mars' }), /cell_unknown/);
    }
    assert.match(await refusal('grafos_list_runs', { cell: 'eu' }), /wrong_usage/);
    assert.match(await refusal('grafos_list_runs', { provider: 'aws', cell: 'mars' }), /cell_unknown/);
  });

  it('that are full pass a run on, and a named one does not', async () => {
    const whole = ['--tasklet', 'remembers', '--provider', 'aws', '--mem', '128KiB'];
    const held = await done<RunResponse>('deploy', 'run', ...whole, '--cell', 'asia', '--hold', '5m');
    assert.equal(held.cell_id, cells.asia.cellId);
    const full = await refused('deploy', 'run', ...whole, '--cell', 'asia');
    assert.equal(full.code, 'lease_denied: capacity');
    const { code, stdout, stderr } = await run('deploy', 'run', ...whole);
    assert.equal(code, 0, stdout);
    assert.equal(JSON.parse(stdout).cell_id, cells.eu.cellId);
    assert.match(stderr, /asia/);
    const memory = await done<{ length: number }>('mem', 'read', held.run_id, '--offset', '16', '--length', '6');
    assert.equal(memory.length, 6);
    const other = await refused('mem', 'read', held.run_id, '--cell', 'eu');
    assert.equal(other.code, 'not_found');
  });

  it('that are killed, or whose certificate is expired, are passed over', async () => {
    await using expired = await expiredCell('old');
    await addCloudCell(program.path, 'aws', expired.cell);
    await confirmCell(program.path, 'aws', expired.cell, true);
    const last = await deploy('--cell', 'eu');
    await cells.eu[Symbol.asyncDispose]();

    const next = await deploy();
    assert.equal(next.cell_id, cells.asia.cellId);
    const named = await refused('deploy', 'run', '--tasklet', 'echo', '--provider', 'aws', '--cell', 'old');
    assert.equal(named.code, 'server_certificate_expired');
    const gone = await refused('deploy', 'run', '--tasklet', 'echo', '--provider', 'aws', '--cell', 'eu');
    assert.equal(gone.code, 'scheduler_unreachable');
    // The record says where the run is: no other cell is asked.
    assert.equal((await refused('runs', 'show', last.run_id)).code, 'scheduler_unreachable');

    const { ready, cells: shown } = await done<ProviderStatus>('provider', 'status', 'aws');
    assert.equal(ready, true);
    const states = Object.fromEntries(shown.map((one) => [one.name, one]));
    assert.deepEqual(
      Object.entries(states)
        .map(([name, one]) => [name, one.ready, one.is_next])
        .sort(),
      [
        ['asia', true, true],
        ['aws-us-1-1', true, false],
        ['eu', false, false],
        ['old', false, false],
      ],
    );
    assert.match(String(states.old?.message), /certificate/);
    const list = await run('runs', 'list', '--provider', 'aws');
    assert.equal(list.code, 0);
    assert.match(list.stderr, /eu are missing/);
    assert.equal(expired.asked(), 0);

    await cells.asia[Symbol.asyncDispose]();
    const question = await refused('deploy', 'run', '--tasklet', 'echo', '--provider', 'aws');
    assert.equal(question.code, 'deploy_not_confirmed', 'the third cell was never deployed to');
    assert.equal((await deploy('--yes')).cell_id, cells.us.cellId);
    await cells.us[Symbol.asyncDispose]();
    const none = await refused('deploy', 'run', '--tasklet', 'echo', '--provider', 'aws', '--yes');
    assert.equal(none.code, 'cells_unready');
    for (const name of ['asia', 'aws-us-1-1', 'eu', 'old']) assert.match(none.why, new RegExp(`^${name}: `, 'm'));
  });

  it('with one name in a file that was edited are refused as a list', async () => {
    const file = join(program.path, '.grafos/cloud/aws-cells.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"name": "eu"', '"name": "asia"'));
    assert.equal((await refused('provider', 'confirm', 'aws')).code, 'cells_file_invalid');
    // Swapped names are other cells, until somebody confirms them.
    const swapped = text
      .replace('"name": "eu"', '"name": "x"')
      .replace('"name": "asia"', '"name": "eu"')
      .replace('"name": "x"', '"name": "asia"');
    await writeFile(file, swapped);
    const other = await refused('deploy', 'run', '--tasklet', 'echo', '--provider', 'aws', '--cell', 'eu');
    assert.equal(other.code, 'cell_not_confirmed');
    await writeFile(file, text);
  });
});
