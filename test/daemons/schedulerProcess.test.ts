/** The scheduler as a process, with a real cell beside it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIMITS } from '../../base/limits.ts';
import { packageRoot } from '../../base/packageRoot.ts';
import { verifyAudit } from '../../daemons/audit/verifyAudit.ts';
import { connectScheduler, type SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { RunSubmit } from '../../daemons/wire/tenantApi.ts';
import { type DevTrust, writeDevTrust } from '../../toolchain/trust/devTrust.ts';

const CELL_ID = 'cell-process-1';

interface Daemon {
  child: ChildProcess;
  line: { ready: boolean; facts: Record<string, string>; error: { code: string; message: string; next?: string } };
  stderr(): string;
}

describe('scheduler: as a process', () => {
  let dir: string;
  let trust: DevTrust;
  const children = new Set<ChildProcess>();
  const clients = new Set<SchedulerClient>();

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'grafos-process-'));
    trust = writeDevTrust(join(dir, 'trust'), { tenant: 'dev-tenant', cellId: CELL_ID });
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    clients.clear();
    for (const child of children) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }
    children.clear();
    rmSync(dir, { recursive: true, force: true });
  });

  async function daemon(script: string, args: string[]): Promise<Daemon> {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(packageRoot, 'daemons', script), ...args],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    children.add(child);
    let stderr = '';
    let stdout = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdout.setEncoding('utf8');
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (text: string) => {
        stdout += text;
        if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')));
      });
      child.once('exit', (code) => reject(new Error(`${script} ended with ${code}: ${stderr}`)));
    });
    return { child, line: JSON.parse(line), stderr: () => stderr };
  }

  const pem = (role: 'scheduler' | 'fabricbiosd') => [
    '--ca',
    trust.ca,
    '--cert',
    trust[role].cert,
    '--key',
    trust[role].key,
  ];
  const schedulerArgs = (fabric: string, transport: string, more: string[] = []) => [
    ...['--mode', 'cell', '--auth-mode', 'mtls+token', '--fabric', fabric, '--fabric-transport', transport],
    ...['--cell-id', CELL_ID, '--state-dir', join(dir, 'state'), ...pem('scheduler'), ...more],
  ];

  async function cell(transport: 'quic' | 'tcp'): Promise<Daemon> {
    const memory = ['--mem-dp-cert', trust.memDataplane.cert, '--mem-dp-key', trust.memDataplane.key, '--workers', '1'];
    const started = await daemon('fabricbiosd/main.ts', [
      'control-server',
      '--transport',
      transport,
      '--cell-id',
      CELL_ID,
      ...memory,
      ...pem('fabricbiosd'),
    ]);
    assert.equal(started.line.ready, true, JSON.stringify(started.line));
    return started;
  }

  async function client(url: string, who: 'tenant' | 'admin'): Promise<SchedulerClient> {
    const read = (path: string) => readFileSync(path, 'utf8');
    const files = { caPem: read(trust.ca), certPem: read(trust[who].cert), keyPem: read(trust[who].key) };
    const connected = await connectScheduler({ url, ...files });
    clients.add(connected);
    return connected;
  }

  async function ready(url: string): Promise<SchedulerClient> {
    const admin = await client(url, 'admin');
    await admin.promote();
    await admin.createTenant('dev-tenant', readFileSync(trust.tenant.cert, 'utf8'));
    return client(url, 'tenant');
  }

  for (const transport of ['quic', 'tcp'] as const) {
    it(`runs a real tasklet in a real cell over ${transport}`, async () => {
      const fabric = await cell(transport);
      const { line, child } = await daemon(
        'scheduler/main.ts',
        schedulerArgs(fabric.line.facts.control ?? '', transport),
      );
      assert.equal(line.ready, true, JSON.stringify(line));
      const tenant = await ready(line.facts.url ?? '');
      assert.equal((await tenant.health()).cell?.transport, transport);
      const run = await runOf(tenant, ECHO);
      const ended = await tenant.submit(
        { ...run, input_b64: Buffer.from('{"a":1}').toString('base64') },
        { waitMs: 30_000 },
      );
      assert.deepEqual([ended.state, ended.response?.error, ended.response?.output], ['succeeded', null, { a: 1 }]);
      assert.ok((ended.response?.fuel_used ?? 0) > 0);
      const again = await tenant.submit(
        { ...run, input_b64: Buffer.from('{"a":1}').toString('base64') },
        { waitMs: 30_000 },
      );
      assert.equal(again.response?.fuel_used, ended.response?.fuel_used);

      const endless = await tenant.submit(await runOf(tenant, ENDLESS), { waitMs: 30_000 });
      assert.equal(endless.response?.error?.code, 'fuel_exhausted');
      const held = await tenant.submit({ ...run, mem_bytes: 4096, hold_ms: 60_000 }, { waitMs: 30_000 });
      const capability = await tenant.capability(held, { rights: ['read'] });
      assert.equal(capability.bytes, 4096);
      await assert.rejects(tenant.submit({ ...run, mem_bytes: 1024 * 1024 }, { waitMs: 30_000 }), {
        code: 'lease_denied: capacity',
      });

      const endlessRun = await tenant.submit({
        ...(await runOf(tenant, ENDLESS)),
        fuel: LIMITS.fuelMax,
        timeout_ms: 60_000,
      });
      for await (const event of tenant.events(endlessRun.run_id))
        if (event.event === 'state' && event.data.state === 'running') break;
      assert.equal((await tenant.cancel(endlessRun.run_id, { waitMs: 30_000 })).state, 'cancelled');

      child.kill('SIGTERM');
      assert.deepEqual(await once(child, 'exit'), [0, null]);
      assert.deepEqual((await verifyAudit(join(dir, 'state'))).faults, []);
    });
  }

  it('after kill -9 nothing acknowledged is gone, and what was in flight is worker_lost or run again by its key', async () => {
    const fabric = await cell('tcp');
    const args = schedulerArgs(fabric.line.facts.control ?? '', 'tcp');
    const first = await daemon('scheduler/main.ts', args);
    let tenant = await ready(first.line.facts.url ?? '');
    const run = await runOf(tenant, ECHO);
    const done = await tenant.submit(run, { waitMs: 30_000, idempotencyKey: 'done' });
    const endless: RunSubmit = { ...(await runOf(tenant, ENDLESS)), fuel: LIMITS.fuelMax, timeout_ms: 1_500 };
    const flying = await tenant.submit(endless);
    const keyed = await tenant.submit(endless, { idempotencyKey: 'keyed' });
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');

    const second = await daemon('scheduler/main.ts', args);
    tenant = await client(second.line.facts.url ?? '', 'tenant');
    assert.deepEqual(await tenant.getRun(done.run_id), done);
    assert.deepEqual(await tenant.submit(run, { waitMs: 30_000, idempotencyKey: 'done' }), done);
    for (const { run_id } of [flying, keyed]) {
      const lost = await tenant.getRun(run_id);
      assert.equal(lost.response?.error?.code, 'worker_lost');
    }
    const rerun = await tenant.submit(endless, { waitMs: 60_000, idempotencyKey: 'keyed' });
    assert.equal(rerun.run_id, keyed.run_id);
    assert.equal(rerun.response?.error?.code, 'deadline_exceeded');
    assert.deepEqual((await verifyAudit(join(dir, 'state'))).faults, []);
  });

  it('learns the address of its cell over the lifeline, and ends with its parent', async () => {
    const args = schedulerArgs('lifeline', 'quic');
    const starting = daemon('scheduler/main.ts', [...args, '--lifeline']);
    const fabric = await cell('tcp');
    const [child] = [...children];
    child?.stdin?.write(`fabric tcp ${fabric.line.facts.control}\n`);
    const { line, stderr } = await starting;
    const tenant = await ready(line.facts.url ?? '');
    const deadline = Date.now() + 20_000;
    while ((await tenant.health()).status !== 'ok') assert.ok(Date.now() < deadline, `never connected: ${stderr()}`);
    child?.stdin?.end();
    assert.deepEqual(await once(child as ChildProcess, 'exit'), [0, null]);
  });

  describe('says why it does not start', () => {
    async function fails(args: string[], code: string): Promise<void> {
      const { line, child, stderr } = await daemon('scheduler/main.ts', args);
      if (child.exitCode === null) await once(child, 'exit');
      assert.equal(line.ready, false);
      assert.equal(line.error.code, code, JSON.stringify(line.error));
      assert.ok(line.error.message.length > 0 && (line.error.next ?? '').length > 0);
      assert.notEqual(child.exitCode, 0);
      assert.doesNotMatch(stderr(), /at .*\.ts:/);
    }
    const args = (more: string[] = []) => schedulerArgs('127.0.0.1:1', 'tcp', more);

    it('bad flags', async () => {
      for (const more of [
        ['--what'],
        ['--mode', 'cluster'],
        ['--auth-mode', 'none'],
        ['--bind', 'x'],
        ['--fabric-transport', 'udp'],
      ]) {
        await fails(args(more), 'bad_flag');
      }
    });
    it('files that are not there, or do not fit', async () => {
      await fails(args(['--cert', join(dir, 'none.pem')]), 'trust_unreadable');
      await fails(args(['--key', trust.tenant.key]), 'certificate_unfit');
      await fails(args(['--cert', trust.tenant.cert, '--key', trust.tenant.key]), 'certificate_unfit');
      await fails(args(['--ca', trust.tenant.key]), 'ca_unreadable');
    });
    it('a port in use', async () => {
      const holder = createServer().listen(0, '127.0.0.1');
      await once(holder, 'listening');
      const address = holder.address();
      assert.ok(typeof address === 'object' && address !== null);
      try {
        await fails(args(['--bind', `127.0.0.1:${address.port}`]), 'port_in_use');
      } finally {
        holder.close();
      }
    });
    it('a store that is damaged (left as it was), or of another scheduler', async () => {
      mkdirSync(join(dir, 'state'));
      const junk = Buffer.alloc(8192, 'junk');
      writeFileSync(join(dir, 'state', 'cell.db'), junk);
      await fails(args(), 'store_corrupt');
      assert.deepEqual(readFileSync(join(dir, 'state', 'cell.db')), junk);
      rmSync(join(dir, 'state'), { recursive: true });
      const running = await daemon('scheduler/main.ts', args());
      assert.equal(running.line.ready, true);
      await fails(args(), 'store_locked');
    });
  });
});

async function runOf(tenant: SchedulerClient, bytes: Uint8Array): Promise<RunSubmit> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (!(await tenant.hasModule(sha256))) await tenant.putModule(sha256, bytes);
  return {
    program: 'process',
    tasklet: 'tasklet',
    version: '1.0.0',
    module_sha256: sha256,
    input_b64: '',
    mem_bytes: 0,
    fuel: 500_000,
    linear_memory_bytes: 1024 * 1024,
    timeout_ms: 20_000,
  };
}

/**
 * Two tasklets, assembled by hand from the binary format
 * (https://webassembly.github.io/spec/core/binary/): memory of one page, the three exports of the
 * profile, blob_read and output_write.
 *
 * `run` copies its input to the output, or loops without end.
 */
function tasklet(run: number[]): Uint8Array {
  const text = (name: string) => [name.length, ...Buffer.from(name)];
  const section = (id: number, body: number[]) => [id, ...leb(body.length), ...body];
  const code = (body: number[]) => [...leb(body.length + 1), 0, ...body];
  const types = [
    4, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 0, 0x60, 0, 0,
  ];
  const host = text('grafos_tasklet_v0');
  const imports = [2, ...host, ...text('blob_read'), 0, 0, ...host, ...text('output_write'), 0, 1];
  const exports = [
    4,
    ...[...text('memory'), 2, 0],
    ...[...text('_grafos_tasklet_init'), 0, 2],
    ...[...text('_grafos_tasklet_run'), 0, 3],
    ...[...text('_grafos_tasklet_finalize'), 0, 4],
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, imports),
    ...section(3, [3, 2, 1, 3]),
    ...section(5, [1, 0, 1]),
    ...section(7, exports),
    ...section(10, [3, ...code([0x0b]), ...code(run), ...code([0x0b])]),
  ]);
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)];
}

/** output_write(0, blob_read(input, 0, 0, input_len)); return 0 */
const ECHO = tasklet([0x41, 0, 0x20, 0, 0x41, 0, 0x41, 0, 0x20, 1, 0x10, 0, 0x10, 1, 0x1a, 0x41, 0, 0x0b]);
/** loop br 0 end; unreachable */
const ENDLESS = tasklet([0x03, 0x40, 0x0c, 0, 0x0b, 0x00, 0x0b]);
