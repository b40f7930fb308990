import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import type { Run, RunResponse } from '../../daemons/wire/tenantApi.ts';
import type { CellStatus } from '../../toolchain/cell/cellStatus.ts';
import { type BareDebian, bareDebian, bareDebianMissing } from '../helpers/bareDebian.ts';
import { grafosJson } from '../helpers/grafosCommand.ts';
import { type GrafosOnPath, grafosOnPath } from '../helpers/grafosOnPath.ts';
import { type PageBlock, pageBlocks } from '../helpers/pageBlocks.ts';
import { cookbookCopy, type ProgramCopy } from '../helpers/programCopy.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const missing = bareDebianMissing();
const RUNUSER = 'runuser -u grafos -- grafos';

describe(`a cell on a bare Debian, by docs/guide/own-server.md${missing === undefined ? '' : ` (skipped: ${missing})`}`, function () {
  this.timeout(600_000);
  const owned = new AsyncDisposableStack();
  let machine: BareDebian;
  let command: GrafosOnPath;
  let laptop: string;
  let program: ProgramCopy;
  let blocks: PageBlock[];

  /** The blocks of the page that belong to a place, in order. */
  const of = (place: string) => blocks.filter(({ language, info }) => language === 'sh' && info === place);

  /** Runs a block on this machine, as a person would who pastes it. */
  async function here(text: string, cwd: string): Promise<string> {
    const env = { ...command.env, host: machine.address, keys: laptop, ROOT: machine.root };
    const child = spawn('bash', ['-euc', text], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        printed += part;
      });
    const [code] = await once(child, 'close');
    assert.equal(code, 0, `${text}\n${printed}`);
    return printed;
  }
  const there = (text: string) => machine.run(text, { host: machine.address });
  const status = async (): Promise<CellStatus> => JSON.parse(await there(`${RUNUSER} cell status --json`));
  const runs = () => grafosJson<Run[]>(['runs', 'list', '--provider', 'aws'], { cwd: program.path });
  const deploy = (provider: string) =>
    grafosJson<RunResponse>(
      ['deploy', 'run', '--tasklet', 'size', '--provider', provider, '--input', 'input.json', '--yes'],
      { cwd: program.path },
    );

  before(async function () {
    if (missing !== undefined) this.skip();
    blocks = await pageBlocks('guide/own-server.md');
    command = owned.use(await grafosOnPath());
    laptop = owned.use(await temporaryFolder('grafos-laptop-')).path;
    machine = owned.use(await bareDebian());
    await writeCopier(command);
    program = owned.use(await cookbookCopy('multi-cloud-deploy'));
    await writeSizeTasklet(program.path);
  });
  after(() => owned.disposeAsync());

  it('has no Node, and is installed, given its keys and started by the blocks of the page', async () => {
    await assert.rejects(there('command -v node || command -v npm || command -v openssl'));
    const [keys, bundle, sign, tenant] = of('laptop');
    const [install, init, answer, start] = of('server');
    assert.ok(keys && bundle && sign && tenant && install && init && answer && start);
    assert.deepEqual([of('laptop').length, of('server').length], [4, 4]);
    await here(keys.text, laptop);
    await here(bundle.text, laptop);
    await there(install.text);
    await there('cd /opt/grafos/current && sha256sum --quiet --check MANIFEST.sha256');
    await there(init.text);
    await here(sign.text, laptop);
    await there(answer.text);
    await there(start.text);
    const { state, running } = await status();
    assert.deepEqual([state, running?.scheduler?.role], ['running', 'standby']);
    const journal = await there('journalctl --unit grafos-cell --priority info --output cat --no-pager');
    assert.match(journal, /^cell: aws-eu-1 runs/m, 'levels are read by the journal, and gone from its text');
    await here(tenant.text, laptop);
  });

  it('is adopted from outside, and gives the output of the local stack', async () => {
    const [use] = of('program');
    assert.ok(use);
    // The recipe has two tasklets since the test added one.
    await here(use.text.replace('deploy run', 'deploy run --tasklet size --input input.json'), program.path);
    await grafosJson(['dev', 'up'], { cwd: program.path });
    const [local, aws] = [await deploy('local'), await deploy('aws')];
    assert.deepEqual(
      [aws.output, aws.output_sha256, aws.module_sha256, aws.fuel_used],
      [local.output, local.output_sha256, local.module_sha256, local.fuel_used],
    );
    assert.deepEqual([aws.provider, aws.cell_id], ['aws', 'aws-eu-1']);
    assert.equal((await runs()).length, 2);
  });

  it('comes back with its runs after the death of each process, and of all at once', async () => {
    const before = await runs();
    for (const victim of ['fabricbiosd', 'scheduler', 'supervisor', 'all']) {
      const { running } = await status();
      assert.ok(running);
      const daemons = running.daemons.filter(({ name }) => victim === name || victim === 'all');
      const pids = daemons.map(({ pid }) => pid);
      if (victim === 'supervisor' || victim === 'all') pids.push(running.pid);
      await there(`kill -9 ${pids.join(' ')}`);
      await healthy(pids);
      assert.deepEqual(await runs(), before, victim);
      const again = await deploy('aws');
      assert.equal(again.state, 'succeeded', victim);
      before.unshift(...(await runs()).slice(0, 1));
    }
  });

  it('takes new certificates by the blocks of the page', async () => {
    const [request, take] = of('renew');
    const [sign] = of('renew-laptop');
    assert.ok(request && take && sign && of('renew').length === 2);
    const before = await status();
    await there(request.text);
    await here(sign.text, laptop);
    await there(take.text);
    const fabric = before.running?.daemons.find(({ name }) => name === 'fabricbiosd')?.pid ?? 0;
    await healthy([fabric]);
    const after = await status();
    const scheduler = (one: CellStatus) => one.running?.daemons.find(({ name }) => name === 'scheduler')?.pid;
    assert.equal(scheduler(after), scheduler(before), 'the scheduler was not started again');
    assert.equal((await deploy('aws')).state, 'succeeded');
    assert.equal(
      await there('ls /var/lib/grafos/trust'),
      'ca.pem\ncell-key.pem\ncell.pem\nscheduler-key.pem\nscheduler.pem\n',
    );
  });

  it('is upgraded to a second bundle, and keeps its runs', async () => {
    const before = await runs();
    const newer = join(laptop, 'newer');
    await newerPackage(newer, '0.1.1');
    const [, bundle] = of('laptop');
    const [upgrade] = of('upgrade');
    assert.ok(bundle && upgrade);
    await here(
      bundle.text.replace(
        'grafos cell bundle --target',
        `'${process.execPath}' newer/bin/grafos.cjs cell bundle --target`,
      ),
      laptop,
    );
    await there(upgrade.text);
    const { state, running } = await status();
    assert.deepEqual([state, running?.version], ['running', '0.1.1']);
    assert.deepEqual(await runs(), before);
    assert.equal((await deploy('aws')).state, 'succeeded');
  });

  it('ends in order and leaves nothing when it is removed', async () => {
    const [remove] = of('remove');
    assert.ok(remove);
    await there('systemctl stop grafos-cell');
    assert.equal(await there('systemctl show --property Result --value grafos-cell'), 'success\n');
    const journal = await there('journalctl --unit grafos-cell --output cat --no-pager');
    assert.match(journal, /cell: stopped\n/);
    assert.equal(await there('find /proc -maxdepth 1 -user grafos'), '', 'no process of the cell is left');
    await there(remove.text);
    await assert.rejects(there('ls -d /var/lib/grafos || ls -d /opt/grafos || id grafos'));
  });

  /** Waits until the cell runs without the processes that were killed. */
  async function healthy(dead: Array<number | null>): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const now = await status().catch(() => undefined);
      const alive = [now?.running?.pid, ...(now?.running?.daemons.map(({ pid }) => pid) ?? [])];
      if (now?.state === 'running' && !dead.some((pid) => alive.includes(pid ?? 0))) return;
      assert.ok(Date.now() < deadline, `still ${JSON.stringify(now)}`);
    }
  }
});

/**
 * Makes a command `scp` for the blocks of the page. The bare root has no SSH server; the stand-in
 * copies between this machine and its root folder.
 */
async function writeCopier({ env }: GrafosOnPath): Promise<void> {
  const file = join(String(env.PATH).split(':')[0] ?? '', 'scp');
  const script = `#!/bin/sh
set -e
place() {
  case $1 in
    root@*:/*) echo "$ROOT/\${1#*:/}" ;;
    root@*:*) echo "$ROOT/root/\${1#*:}" ;;
    *) echo "$1" ;;
  esac
}
count=$#
for last; do :; done
to=$(place "$last")
for from; do
  count=$((count - 1))
  if [ $count -ge 0 ] && [ "$from" != "$last" ]; then cp "$(place "$from")" "$to"; fi
done
`;
  await writeFile(file, script);
  await chmod(file, 0o755);
}

/** A tasklet whose output says nothing of its cell, so that the same run elsewhere has the same. */
async function writeSizeTasklet(path: string): Promise<void> {
  await writeFile(
    join(path, 'tasklets/size.ts'),
    'export function compute(input: Uint8Array): string { return input.length.toString(); }\n',
  );
  const manifest = join(path, 'grafos.toml');
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, `${text}\n[[tasklet]]\nname = "size"\nsource = "tasklets/size.ts"\n`);
  await writeFile(join(path, 'input.json'), '{"hello":"there"}');
}

/** The built package once more, as the next version. */
async function newerPackage(to: string, version: string): Promise<void> {
  await mkdir(to);
  for (const part of ['bin', 'dist', 'media', 'LICENSE'])
    await cp(join(packageRoot, part), join(to, part), { recursive: true });
  const manifest = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8'));
  await writeFile(join(to, 'package.json'), JSON.stringify({ ...manifest, version }));
}
