import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../base/packageRoot.ts';
import { connectScheduler } from '../../daemons/tenant/schedulerClient.ts';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import type { CellLogLine } from '../../toolchain/cell/cellLog.ts';
import type { CellStatus } from '../../toolchain/cell/cellStatus.ts';
import { signCellRequest } from '../../toolchain/cell/signCellRequest.ts';
import { createAuthority, loadAuthority } from '../../toolchain/trust/authority.ts';
import { readSigningRequests } from '../../toolchain/trust/signingRequest.ts';
import { freePorts } from '../helpers/freePorts.ts';
import { type Ended, grafos, grafosJson, startGrafos } from '../helpers/grafosCommand.ts';
import { noProcessNames } from '../helpers/processesNaming.ts';
import { programOf } from '../helpers/programCopy.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { WAT, watManifest } from '../helpers/watTasklets.ts';

const HOST = '127.0.0.1';

/** The folder of somebody who runs a cell: a CA, an admin and a tenant. */
async function keysFolder() {
  const folder = await temporaryFolder('grafos-cell-');
  const cwd = folder.path;
  const ca = ['--ca', 'ca/ca.pem', '--ca-key', 'ca/ca-key.pem'];
  await grafosJson(['admin', 'init-ca', '--out', 'ca'], { cwd });
  await grafosJson(['admin', 'issue-cert', 'ops', '--role', 'admin', ...ca, '--out', 'admin'], { cwd });
  await grafosJson(['admin', 'issue-cert', 'acme', ...ca, '--out', 'acme'], { cwd });
  return { cwd, ca, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}
type Keys = Awaited<ReturnType<typeof keysFolder>>;

async function words(...more: string[]): Promise<string[]> {
  const [port, memory, control] = await freePorts(HOST, 3);
  return [
    ...['cell', 'init', '--state', 'state', '--cell-id', 'aws-eu-1', '--provider', 'aws', '--region', 'eu-1'],
    ...['--host', HOST, '--listen', HOST, '--port', String(port), '--memory-port', String(memory)],
    ...['--control-port', String(control), ...more],
  ];
}

function refused(ended: Ended, exit: number, code: string): string {
  assert.equal(ended.code, exit, `${ended.stdout}${ended.stderr}`);
  const { error } = JSON.parse(ended.stdout);
  assert.equal(error.code, code);
  assert.ok(error.next.length > 10);
  return `${error.message} ${error.why}`;
}

/** Starts `cell run`, and hears its log. */
function startCell(cwd: string, env: NodeJS.ProcessEnv = {}) {
  const { child, ended } = startGrafos(['cell', 'run', '--state', 'state', '--json'], { cwd, env });
  const lines: CellLogLine[] = [];
  const waiting = new Set<() => void>();
  if (child.stdout === null) throw new Error('no stdout');
  createInterface(child.stdout).on('line', (line) => {
    // An error that ends the command comes on several lines.
    if (line.startsWith('{"at"')) lines.push(JSON.parse(line));
    for (const look of waiting) look();
  });
  void ended.then(() => {
    for (const look of waiting) look();
  });
  /** Resolves once the log has a line, after the first `from` lines. */
  const said = async (text: RegExp, from = 0): Promise<CellLogLine> => {
    for (;;) {
      const found = lines.slice(from).find((line) => text.test(line.text));
      if (found !== undefined) return found;
      assert.equal(child.exitCode, null, `it ended: ${JSON.stringify(lines.slice(-5))}`);
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
      });
    }
  };
  const end = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { child, ended, lines, said, [Symbol.asyncDispose]: end };
}

const status = (cwd: string, code = 0) => grafosJson<CellStatus>(['cell', 'status', '--state', 'state'], { cwd, code });

/** Promotes the cell, registers the tenant, and gives a program that has adopted it. */
async function adopted({ cwd }: Keys) {
  const { ports } = await status(cwd);
  const url = `https://${HOST}:${ports.scheduler}`;
  const admin = ['--scheduler', url, '--ca', 'ca/ca.pem', '--cert', 'admin/ops.pem', '--key', 'admin/ops-key.pem'];
  await grafosJson(['admin', 'promote', ...admin], { cwd });
  await grafosJson(['admin', 'create-tenant', 'acme', '--tenant-cert', 'acme/acme.pem', ...admin], { cwd });
  const program = await programOf({
    'grafos.toml': watManifest(
      ['hello', 'chatty', 'remembers'],
      'fuel = 100_000_000_000\ntimeout = "3s"\nmem = "64"\n',
    ),
    'tasklets/hello.wat': WAT.hello,
    'tasklets/chatty.wat': WAT.chatty,
    'tasklets/remembers.wat': WAT.remembers,
  });
  await grafosJson(['tasklet', 'build'], { cwd: program.path });
  const files = ['--ca', join(cwd, 'ca/ca.pem'), '--cert', join(cwd, 'acme/acme.pem')];
  const tenant = ['--key', join(cwd, 'acme/acme-key.pem'), '--tenant', 'acme'];
  await grafosJson(['cloud', 'adopt', 'aws', '--scheduler', url, ...files, ...tenant], { cwd: program.path });
  const deploy = (tasklet: string, ...more: string[]) =>
    grafos(['deploy', 'run', '--tasklet', tasklet, '--provider', 'aws', '--yes', '--json', ...more], {
      cwd: program.path,
    });
  const show = (id: string) =>
    grafosJson<{ response: RunResponse }>(['runs', 'show', id, '--provider', 'aws'], { cwd: program.path });
  return { program, deploy, show, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

describe('grafos cell', function () {
  // Each test starts and ends several processes.
  this.timeout(240_000);
  describe('init', () => {
    it('makes keys that stay, and a request; a second call with the same words changes nothing', async () => {
      await using keys = await keysFolder();
      const { cwd } = keys;
      const init = await words();
      const first = await grafosJson<{ ready: boolean; request: string }>(init, { cwd });
      assert.deepEqual([first.ready, first.request], [false, join(cwd, 'state/request.pem')]);
      const key = await readFile(join(cwd, 'state/trust.next/cell-key.pem'), 'utf8');
      await rm(join(cwd, 'state/trust.next/scheduler-key.pem'));
      await grafosJson(init, { cwd });
      assert.equal(await readFile(join(cwd, 'state/trust.next/cell-key.pem'), 'utf8'), key);
      const waits = await status(cwd, 3);
      assert.equal(waits.state, 'stopped');
      assert.match(waits.notes.join(), /signing request waits/);
      refused(await grafos(['cell', 'run', '--state', 'state', '--json'], { cwd }), 3, 'cell_not_ready');
      for (const [at, word] of [
        ['--cell-id', 'aws-eu-2'],
        ['--region', 'us-1'],
        ['--host', 'other.example.com'],
      ] as const) {
        const other = init.map((one, index) => (init[index - 1] === at ? word : one));
        assert.match(
          refused(await grafos([...other, '--json'], { cwd }), 2, 'cell_state_differs'),
          /eu-1|127\.0\.0\.1/,
        );
      }
      if (process.platform !== 'win32') {
        for (const path of ['state', 'state/trust.next'])
          assert.equal((await stat(join(cwd, path))).mode & 0o777, 0o700);
        for (const path of ['state/cell.json', 'state/trust.next/cell-key.pem', 'state/request.pem'])
          assert.equal((await stat(join(cwd, path))).mode & 0o777, 0o600);
      }
    });

    it('takes the answer to its own request only', async () => {
      await using keys = await keysFolder();
      const { cwd, ca } = keys;
      await grafosJson(await words(), { cwd });
      const sign = ['cell', 'sign', 'state/request.pem', ...ca, '--out', 'answer.pem', '--host', HOST];
      const take = () => grafos(['cell', 'init', '--state', 'state', '--cert', 'answer.pem', '--json'], { cwd });
      refused(await grafos([...sign, '--cell-id', 'aws-eu-2', '--json'], { cwd }), 4, 'signing_request_differs');
      await grafosJson([...sign, '--cell-id', 'aws-eu-1'], { cwd });
      const answer = await readFile(join(cwd, 'answer.pem'), 'utf8');
      const [caPem = '', cell = '', scheduler = ''] =
        answer.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g) ?? [];
      const tenant = await readFile(join(cwd, 'acme/acme.pem'), 'utf8');
      for (const bad of [
        cell + scheduler,
        caPem + cell + tenant,
        caPem + cell + cell,
        'x',
        caPem.repeat(3),
        answer + cell,
        '',
      ]) {
        await writeFile(join(cwd, 'answer.pem'), bad);
        refused(await take(), 2, 'cell_answer_unfit');
      }
      await writeFile(join(cwd, 'answer.pem'), scheduler + cell.replaceAll('\n', '\r\n') + caPem);
      assert.equal((await take()).code, 0);
      assert.deepEqual((await readdir(join(cwd, 'state'))).sort(), ['cell.json', 'trust']);
      refused(await take(), 2, 'cell_answer_unfit');
    });

    it('refuses a folder of something else, and values that make no cell', async () => {
      await using keys = await keysFolder();
      const { cwd } = keys;
      await mkdir(join(cwd, 'state'));
      await writeFile(join(cwd, 'state/notes.txt'), 'mine');
      const init = await words('--json');
      refused(await grafos(init, { cwd }), 2, 'folder_not_empty');
      await rm(join(cwd, 'state'), { recursive: true });
      for (const [at, word, code] of [
        ['--host', '0.0.0.0', 'cell_config_unfit'],
        ['--host', 'Not A Host', 'cell_config_unfit'],
        ['--listen', 'localhost', 'cell_config_unfit'],
        ['--cell-id', '../x', 'cell_config_unfit'],
        ['--memory-port', String(init[init.indexOf('--port') + 1]), 'cell_config_unfit'],
        ['--port', '65536', 'wrong_usage'],
        ['--provider', 'local', 'wrong_usage'],
      ] as const) {
        const other = init.map((one, index) => (init[index - 1] === at ? word : one));
        refused(await grafos(other, { cwd }), 2, code);
      }
      await assert.rejects(stat(join(cwd, 'state')), { code: 'ENOENT' });
      refused(await grafos(['cell', 'init', '--state', 'state', '--json'], { cwd }), 2, 'wrong_usage');
      refused(await grafos(['cell', 'status', '--state', 'state', '--json'], { cwd }), 3, 'cell_not_initialized');
    });

    it('refuses a configuration or a state folder that somebody changed', async () => {
      await using keys = await keysFolder();
      const { cwd, ca } = keys;
      await grafosJson(await words(...ca), { cwd });
      const file = join(cwd, 'state/cell.json');
      const config = JSON.parse(await readFile(file, 'utf8'));
      for (const bad of [
        '',
        '{',
        '[]',
        'null',
        JSON.stringify({ ...config, version: 2 }),
        JSON.stringify({ ...config, hosts: [] }),
      ]) {
        await writeFile(file, bad);
        refused(await grafos(['cell', 'run', '--state', 'state', '--json'], { cwd }), 3, 'cell_config_invalid');
      }
      if (process.platform === 'win32') return;
      await rm(file);
      await symlink('/etc/passwd', file);
      refused(await grafos(['cell', 'status', '--state', 'state', '--json'], { cwd }), 3, 'state_unsafe');
    });
  });

  describe('run', () => {
    it('gives runs under way their time when it stops, and records those that a kill cut off', async () => {
      await using keys = await keysFolder();
      const { cwd, ca } = keys;
      await grafosJson(await words(...ca), { cwd });
      const state = join(cwd, 'state');
      await using first = startCell(cwd);
      await first.said(/^aws-eu-1 runs/);
      refused(await grafos(['cell', 'run', '--state', 'state', '--json'], { cwd }), 3, 'cell_running');
      await using tenant = await adopted(keys);
      assert.equal((await tenant.deploy('hello')).code, 0);

      const asked = JSON.parse((await tenant.deploy('chatty', '--detach')).stdout);
      first.child.kill('SIGTERM');
      await first.said(/new runs are refused/);
      refused(await tenant.deploy('hello'), 3, 'shutting_down');
      assert.equal((await first.ended).code, 0);
      await noProcessNames(state);

      await using second = startCell(cwd);
      await second.said(/^aws-eu-1 runs/);
      assert.equal((await tenant.show(asked.run_id)).response.error?.code, 'deadline_exceeded', 'it ended by itself');
      const cut = JSON.parse((await tenant.deploy('chatty', '--detach')).stdout);
      second.child.kill('SIGKILL');
      await second.ended;
      await noProcessNames(state);
      assert.equal((await status(cwd, 3)).state, 'stopped');

      await using third = startCell(cwd);
      await third.said(/^aws-eu-1 runs/);
      assert.equal((await tenant.show(cut.run_id)).response.error?.code, 'worker_lost');
      assert.equal((await tenant.deploy('hello')).code, 0);
      third.child.kill('SIGTERM');
      assert.equal((await third.ended).code, 0);
      await noProcessNames(state);
    });

    it('starts a dead daemon again, and serves fabric memory by a certificate of its own', async () => {
      await using keys = await keysFolder();
      const { cwd, ca } = keys;
      await grafosJson(await words(...ca), { cwd });
      await using cell = startCell(cwd);
      await cell.said(/^aws-eu-1 runs/);
      await using tenant = await adopted(keys);
      for (const name of ['fabricbiosd', 'scheduler']) {
        const pid = (await status(cwd)).running?.daemons.find((daemon) => daemon.name === name)?.pid;
        assert.ok(pid);
        const from = cell.lines.length;
        process.kill(pid, 'SIGKILL');
        await cell.said(new RegExp(`^${name} ended`), from);
        await cell.said(/^connected to cell/, from);
        const again = (await status(cwd)).running?.daemons.find((daemon) => daemon.name === name);
        assert.equal(again?.restarts, 1);
        assert.notEqual(again?.pid, pid);
        assert.match(again?.last_death?.how ?? '', /SIGKILL|exit code/);
      }
      const held = JSON.parse((await tenant.deploy('remembers', '--hold', '30s')).stdout);
      const { bytes_b64 } = await grafosJson<{ bytes_b64: string }>(
        ['mem', 'read', held.run_id, '--provider', 'aws', '--offset', '16', '--length', '6'],
        { cwd: tenant.program.path },
      );
      assert.equal(Buffer.from(bytes_b64, 'base64').toString(), 'grafOS');
      cell.child.kill('SIGINT');
      assert.equal((await cell.ended).code, 0);
    });

    it('takes renewed certificates without ending the scheduler', async () => {
      await using keys = await keysFolder();
      const { cwd, ca } = keys;
      await grafosJson(await words(...ca, '--days', '10'), { cwd });
      const before = await status(cwd, 3);
      assert.match(before.notes.join('\n'), /certificate of the scheduler ends in 9 days/);
      await using cell = startCell(cwd);
      await cell.said(/^aws-eu-1 runs/);
      await cell.said(/certificate of the cell ends in 9 days/);
      await using tenant = await adopted(keys);
      const scheduler = (await status(cwd)).running?.daemons[1];
      const renewed = await grafosJson<{ reported: boolean; request: null }>(
        ['cell', 'renew', '--state', 'state', ...ca],
        {
          cwd,
        },
      );
      assert.deepEqual([renewed.reported, renewed.request], [true, null]);
      await cell.said(/new certificates are in use/);
      const after = await status(cwd);
      assert.equal(after.running?.daemons[1]?.pid, scheduler?.pid);
      assert.deepEqual(after.notes, []);
      assert.equal((await tenant.deploy('hello')).code, 0);
      const presented = execFileSync(
        process.execPath,
        [
          '-e',
          `const s = require('node:tls').connect({ host: '${HOST}', port: ${after.ports.scheduler}, rejectUnauthorized: false }, () => { console.log(s.getPeerCertificate().valid_to); s.destroy(); }).on('error', () => {});`,
        ],
        { encoding: 'utf8' },
      );
      assert.ok(Date.parse(presented) - Date.now() > 80 * 86_400_000, presented);
      cell.child.kill('SIGTERM');
      await cell.ended;
    });

    it('takes certificates that an admin brings through the scheduler, of its own CA alone', async () => {
      await using keys = await keysFolder();
      const { cwd, ca } = keys;
      await grafosJson(await words(...ca, '--days', '10'), { cwd });
      await using cell = startCell(cwd);
      await cell.said(/^aws-eu-1 runs/);
      await using tenant = await adopted(keys);
      const { ports } = await status(cwd);
      const read = (file: string) => readFile(join(cwd, file), 'utf8');
      const connect = async (cert: string, key: string) =>
        connectScheduler({
          url: `https://${HOST}:${ports.scheduler}`,
          caPem: await read('ca/ca.pem'),
          certPem: await read(cert),
          keyPem: await read(key),
        });
      const guest = await connect('acme/acme.pem', 'acme/acme-key.pem');
      await assert.rejects(guest.requestRenewal(), { code: 'role_required' });
      await assert.rejects(guest.renew('x'), { code: 'role_required' });
      guest.close();
      const admin = await connect('admin/ops.pem', 'admin/ops-key.pem');
      await assert.rejects(admin.renew('no PEM'), { code: 'bad_request', message: /of another CA/ });
      const request = await admin.requestRenewal();
      const keysOf = (text: string) =>
        readSigningRequests(text).map(({ publicKey }) => publicKey.export({ format: 'pem', type: 'spki' }));
      assert.deepEqual(keysOf(await admin.requestRenewal()), keysOf(request), 'the keys wait, and are not made twice');
      const own = loadAuthority(await read('ca/ca.pem'), await read('ca/ca-key.pem'));
      const wanted = { request, cellId: 'aws-eu-1', hosts: [HOST], days: 90 };
      const foreign = signCellRequest({ ...wanted, authority: createAuthority({ name: 'other', days: 100 }) });
      await assert.rejects(admin.renew(foreign.answer), { code: 'bad_request', message: /of another CA/ });
      // Both CAs in one answer: the certificates are judged by the one that the cell has.
      await assert.rejects(admin.renew(own.certPem + foreign.answer), { code: 'bad_request' });
      assert.equal((await status(cwd)).certificates.length > 0, true);
      assert.equal((await tenant.deploy('hello')).code, 0, 'nothing has changed');
      await admin.renew(signCellRequest({ ...wanted, authority: own }).answer);
      await cell.said(/new certificates are in use/);
      const { notes } = await status(cwd);
      assert.deepEqual(notes, []);
      assert.equal((await tenant.deploy('hello')).code, 0);
      admin.close();
      cell.child.kill('SIGTERM');
      await cell.ended;
    });

    it('says why it cannot start: a taken port, and a service manager that cannot be reached', async () => {
      await using keys = await keysFolder();
      const { cwd, ca } = keys;
      await grafosJson(await words(...ca), { cwd });
      const { ports } = await status(cwd, 3);
      const server = createServer().listen(ports.scheduler, HOST);
      await once(server, 'listening');
      await using taken = startCell(cwd);
      const { code, stdout } = await taken.ended;
      assert.equal(code, 3);
      assert.match(stdout, /"code": "port_in_use"/);
      await once(server.close(), 'close');
      await noProcessNames(join(cwd, 'state'));
      if (process.platform !== 'linux') return;
      const empty = join(cwd, 'bin');
      await mkdir(empty);
      await using mute = startCell(cwd, { NOTIFY_SOCKET: join(cwd, 'none'), PATH: empty });
      const silent = await mute.ended;
      assert.equal(silent.code, 3);
      assert.match(silent.stdout, /"code": "notify_failed"/);
      await noProcessNames(join(cwd, 'state'));
    });

    it('tells systemd-notify that it is ready, that it lives, and that it stops', async function () {
      if (process.platform !== 'linux') this.skip();
      await using keys = await keysFolder();
      const { cwd, ca } = keys;
      await grafosJson(await words(...ca), { cwd });
      const bin = join(cwd, 'bin');
      await mkdir(bin);
      const notify = join(bin, 'systemd-notify');
      await writeFile(notify, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> '${join(cwd, 'notified')}'\n`);
      await chmod(notify, 0o755);
      const env = { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '400000', PATH: `${bin}:${process.env.PATH}` };
      await using cell = startCell(cwd, env);
      await cell.said(/^aws-eu-1 runs/);
      const notified = async () => (await readFile(join(cwd, 'notified'), 'utf8')).trimEnd().split('\n');
      const deadline = Date.now() + 20_000;
      while (!(await notified()).includes('/run/x WATCHDOG=1')) {
        assert.ok(Date.now() < deadline);
        await delay(50);
      }
      cell.child.kill('SIGTERM');
      await cell.ended;
      const all = await notified();
      assert.equal(all[0], '/run/x --ready --status=aws-eu-1 takes runs');
      assert.ok(all.includes('/run/x STOPPING=1'), all.join());
    });

    it('writes its log to files of the state folder when asked to', async () => {
      await using keys = await keysFolder();
      const { cwd, ca } = keys;
      await grafosJson(await words(...ca), { cwd });
      const { child, ended } = startGrafos(['cell', 'run', '--state', 'state', '--log', 'files'], { cwd });
      assert.ok(child.stderr);
      for await (const line of createInterface(child.stderr)) if (line.startsWith('aws-eu-1 runs')) break;
      child.kill('SIGTERM');
      await ended;
      const read = (name: string) => readFile(join(cwd, 'state/logs', `${name}.log`), 'utf8');
      assert.match(await read('cell'), /info cell aws-eu-1 runs/);
      assert.match(await read('scheduler'), /info scheduler connected to cell/);
      assert.match(await read('fabricbiosd'), /info fabricbiosd control link/);
    });
  });

  const hasAnalyze = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' }).status === 0;
  const skipped = hasAnalyze ? '' : ' (skipped: systemd-analyze is missing; install the package systemd)';
  it(`has a unit that systemd rates OK at least${skipped}`, function () {
    if (!hasAnalyze) this.skip();
    const unit = join(packageRoot, 'media/grafos-cell.service');
    const printed = execFileSync('systemd-analyze', ['security', '--offline=true', unit], { encoding: 'utf8' });
    const [, level, word] = /Overall exposure level for grafos-cell\.service: ([\d.]+) (\w+)/.exec(printed) ?? [];
    assert.ok(Number(level) < 5, printed);
    assert.equal(word, 'OK');
  });
});
