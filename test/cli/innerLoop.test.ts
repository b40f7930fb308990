import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { processStart } from '../../base/processIdentity.ts';
import type { DevState } from '../../daemons/wire/devState.ts';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import type { ShownResponse } from '../../toolchain/output/shownOutput.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { cookbookCopy, programOf } from '../helpers/programCopy.ts';
import { type ObjectSchema, schemaFaults } from '../helpers/schemaFaults.ts';
import { watProgram } from '../helpers/watTasklets.ts';

interface Report {
  ok: boolean;
  checks: Array<{ name: string; status: string; message: string; next: string | null }>;
}

async function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => resolve(true)).once('connect', () => socket.destroy());
    socket.once('error', () => resolve(false));
  });
}

describe('the inner loop', () => {
  for (const recipe of ['local-dev', 'local-dev-rust']) {
    it(`goes from dev up to artifacts on ${recipe}`, async () => {
      await using program = await cookbookCopy(recipe);
      const cwd = program.path;
      await grafosJson(['dev', 'up'], { cwd });
      await grafosJson(['tasklet', 'build'], { cwd });
      const { findings } = await grafosJson<{ findings: unknown[] }>(['validate'], { cwd });
      assert.deepEqual(findings, []);
      const response = await grafosJson<RunResponse>(
        ['deploy', 'run', '--provider', 'local', '--tasklet', 'local-dev', '--mem', '32768'],
        { cwd },
      );
      assert.deepEqual(response.output, { ran_in: 'local-dev', input_bytes: 0 });
      assert.equal(response.state, 'succeeded');
      const { dir } = await grafosJson<{ dir: string }>(['artifacts', response.run_id, '--download'], { cwd });
      const schema: ObjectSchema = JSON.parse(await readFile(join(packageRoot, 'media/run.schema.json'), 'utf8'));
      const record = JSON.parse(await readFile(join(dir, 'run.json'), 'utf8'));
      assert.deepEqual(schemaFaults(schema, record), [], 'the editor has nothing to say against a real run.json');
      assert.deepEqual(schemaFaults(schema, { ...record, seed: 'x', fuel: undefined, more: 1 }).length, 3);
      assert.deepEqual((await readdir(dir)).sort(), [
        'input.bin',
        'output.b64',
        'response.json',
        'run.json',
        'run.log',
      ]);
      const { output_text, ...written } = response as ShownResponse;
      assert.equal(output_text, null);
      assert.deepEqual(JSON.parse(await readFile(join(dir, 'response.json'), 'utf8')), written);
      const output = Buffer.from(await readFile(join(dir, 'output.b64'), 'utf8'), 'base64');
      assert.equal(createHash('sha256').update(output).digest('hex'), response.output_sha256);
      const again = await grafosJson<RunResponse>(['deploy', 'run', '--input', 'grafos.toml'], { cwd });
      assert.deepEqual(again.output, { ran_in: 'local-dev', input_bytes: (await stat(join(cwd, 'grafos.toml'))).size });
      assert.equal((await grafosJson<{ same: boolean }>(['replay', again.run_id], { cwd })).same, true);
    });
  }

  it('works in a path with spaces and letters beyond ASCII', async () => {
    await using program = await programOf(watProgram('hello'), 'mein schönes プログラム');
    const cwd = program.path;
    await grafosJson(['dev', 'up'], { cwd });
    await grafosJson(['tasklet', 'build'], { cwd });
    const response = await grafosJson<RunResponse>(['deploy', 'run'], { cwd });
    assert.deepEqual(response.output, {});
    assert.equal((await grafosJson<Report>(['dev', 'doctor'], { cwd })).ok, true);
  });

  it('prints plain results when piped, and nothing but results on stdout', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const up = await grafos(['dev', 'up'], { cwd });
    assert.equal(up.code, 0, up.stderr);
    assert.equal(up.stderr, '');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what must be absent
    assert.doesNotMatch(up.stdout, /\x1b/);
    assert.match(up.stdout, /^running {2}local-[0-9a-f]{8} started in \d+ ms\n/);
    const status = await grafos(['dev', 'status'], { cwd });
    assert.match(status.stdout, /^running/);
    assert.match(status.stdout, /0 bytes of 128 KiB leased/);
  });
});

describe('dev up, doctor, down', () => {
  it('reports every check ok, names a killed daemon, heals it, and leaves nothing but logs', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const first = await grafosJson<DevState>(['dev', 'up'], { cwd });
    const healthy = await grafosJson<Report>(['dev', 'doctor'], { cwd });
    assert.equal(healthy.ok, true);
    assert.deepEqual(
      healthy.checks.filter(({ status }) => status !== 'ok'),
      [],
    );

    for (const name of ['fabricbiosd', 'scheduler', 'helper'] as const) {
      const { daemons } = JSON.parse(await readFile(join(cwd, '.grafos/dev/dev.json'), 'utf8')) as DevState;
      process.kill(daemons[name].pid, 'SIGKILL');
      while ((await processStart(daemons[name].pid)) === daemons[name].started)
        await new Promise((resolve) => setImmediate(resolve));
      const sick = await grafosJson<Report>(['dev', 'doctor'], { cwd, code: 1 });
      assert.equal(sick.ok, false);
      const named = sick.checks.find((check) => check.name === name);
      assert.equal(named?.status, 'fail', `${name} is named`);
      assert.match(named?.next ?? '', /grafos dev up/);
      await grafosJson(['dev', 'up'], { cwd });
      assert.equal((await grafosJson<Report>(['dev', 'doctor'], { cwd })).ok, true, `dev up heals ${name}`);
      for (const old of Object.values(daemons))
        assert.notEqual(await processStart(old.pid), old.started, 'the former stack is gone');
    }

    const last = JSON.parse(await readFile(join(cwd, '.grafos/dev/dev.json'), 'utf8')) as DevState;
    assert.equal(last.cell_id, first.cell_id, 'one program keeps one cell id');
    await grafosJson(['dev', 'down'], { cwd });
    for (const { pid, started } of Object.values(last.daemons)) assert.notEqual(await processStart(pid), started);
    for (const url of [last.scheduler_url, last.helper.url, last.fabric.mem_dataplane])
      assert.equal(await answers(url), false, url);
    const left = (await readdir(join(cwd, '.grafos/dev'))).sort();
    assert.ok(left.includes('logs'));
    for (const gone of ['dev.json', 'lock', 'trust']) assert.ok(!left.includes(gone), `${gone} in ${left}`);
    assert.ok((await readdir(join(cwd, '.grafos/dev/logs'))).includes('scheduler.log'));
    const down = await grafosJson<{ daemons: object }>(['dev', 'down'], { cwd });
    assert.deepEqual(down.daemons, {});
  });

  it('rotates every key and bearer with each start', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const read = async () => ({
      ca: await readFile(join(cwd, '.grafos/dev/trust/ca.pem'), 'utf8'),
      key: await readFile(join(cwd, '.grafos/dev/trust/tenant-key.pem'), 'utf8'),
      bearer: (await grafosJson<{ bearer: string }>(['dev', 'status', '--bearer'], { cwd })).bearer,
    });
    await grafosJson(['dev', 'up'], { cwd });
    const first = await read();
    await grafosJson(['dev', 'up'], { cwd });
    assert.deepEqual(await read(), first, 'a stack of which nothing changed goes on');
    await grafosJson(['dev', 'down'], { cwd });
    await grafosJson(['dev', 'up'], { cwd });
    const second = await read();
    for (const what of ['ca', 'key', 'bearer'] as const) assert.notEqual(first[what], second[what], what);
    if (process.platform !== 'win32') {
      assert.equal((await stat(join(cwd, '.grafos/dev/trust'))).mode & 0o777, 0o700);
      for (const name of await readdir(join(cwd, '.grafos/dev/trust'))) {
        const secret = name.endsWith('-key.pem') || name.includes('bearer');
        if (secret) assert.equal((await stat(join(cwd, '.grafos/dev/trust', name))).mode & 0o777, 0o600, name);
      }
      assert.ok(!existsSync(join(cwd, '.grafos/dev/trust/ca-key.pem')));
    }
    // No secret in argv or environment of any process, nor in a log or dev.json.
    const { daemons } = JSON.parse(await readFile(join(cwd, '.grafos/dev/dev.json'), 'utf8')) as DevState;
    const texts = [await readFile(join(cwd, '.grafos/dev/dev.json'), 'utf8')];
    for (const { pid, log } of Object.values(daemons)) {
      texts.push(await readFile(log, 'utf8'));
      if (process.platform === 'linux')
        texts.push(await readFile(`/proc/${pid}/cmdline`, 'utf8'), await readFile(`/proc/${pid}/environ`, 'utf8'));
    }
    for (const text of texts) {
      assert.ok(!text.includes(second.bearer));
      assert.doesNotMatch(text, /PRIVATE KEY/);
    }
  });

  it('gives two programs a stack each', async () => {
    await using one = await programOf(watProgram('hello'), 'one');
    await using two = await programOf(watProgram('hello'), 'two');
    const [a, b] = await Promise.all([one, two].map(({ path }) => grafosJson<DevState>(['dev', 'up'], { cwd: path })));
    assert.notEqual(a?.cell_id, b?.cell_id);
    assert.notEqual(a?.scheduler_url, b?.scheduler_url);
    await grafosJson(['dev', 'down'], { cwd: one.path });
    assert.equal((await grafosJson<Report>(['dev', 'doctor'], { cwd: two.path })).ok, true);
  });

  it('asked twice at once, gives one sound stack', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const ups = await Promise.all([1, 2, 3].map(() => grafosJson<DevState>(['dev', 'up'], { cwd })));
    const state = JSON.parse(await readFile(join(cwd, '.grafos/dev/dev.json'), 'utf8')) as DevState;
    const alive = await Promise.all(
      ups
        .flatMap(({ daemons }) => Object.values(daemons))
        .map(async ({ pid, started }) => ((await processStart(pid)) === started ? [pid] : [])),
    );
    // Who comes second finds a stack of which nothing changed, and keeps it.
    assert.deepEqual(
      [...new Set(alive.flat())].sort(),
      Object.values(state.daemons)
        .map(({ pid }) => pid)
        .sort(),
    );
    assert.equal((await grafosJson<Report>(['dev', 'doctor'], { cwd })).ok, true);
  });
});

describe("the scheduler's door, seen with openssl", () => {
  const request = 'GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  before(() => {
    execFileSync('openssl', ['version']);
  });

  it('answers nothing without a client certificate, and 401 with one but without a token', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const { scheduler_url, ca_cert, tenant_cert, tenant_key } = await grafosJson<DevState>(['dev', 'up'], { cwd });
    const connectTo = ['s_client', '-quiet', '-connect', new URL(scheduler_url).host, '-CAfile', ca_cert, '-ign_eof'];
    const stranger = spawnSync('openssl', connectTo, { input: request, encoding: 'utf8', timeout: 10_000 });
    assert.doesNotMatch(stranger.stdout, /HTTP/);
    const tenant = spawnSync('openssl', [...connectTo, '-cert', tenant_cert, '-key', tenant_key], {
      input: request,
      encoding: 'utf8',
      timeout: 10_000,
    });
    assert.match(tenant.stdout, /^HTTP\/1\.1 401/);
    assert.match(tenant.stdout, /"reason":"token_missing"/);
  });
});

describe('an endless tasklet', () => {
  it('ends as fuel_exhausted with the same figure on every run, and the cell goes on', async () => {
    await using program = await programOf(watProgram('endless', 'hello'));
    const cwd = program.path;
    await grafosJson(['dev', 'up'], { cwd });
    await grafosJson(['tasklet', 'build'], { cwd });
    for (let round = 0; round < 3; round += 1) {
      const response = await grafosJson<RunResponse>(['deploy', 'run', '--tasklet', 'endless'], { cwd, code: 1 });
      assert.equal(response.error?.code, 'fuel_exhausted');
      assert.equal(response.fuel_used, 500_000);
    }
    assert.equal((await grafosJson<RunResponse>(['deploy', 'run', '--tasklet', 'hello'], { cwd })).state, 'succeeded');
  });
});

describe('held fabric memory', () => {
  it('is read, written and watched over the data plane while it is held, and gone afterwards', async () => {
    await using program = await programOf(watProgram('remembers'));
    const cwd = program.path;
    await grafosJson(['dev', 'up'], { cwd });
    await grafosJson(['tasklet', 'build'], { cwd });
    const run = await grafosJson<RunResponse>(['deploy', 'run', '--mem', '4KiB', '--hold', '60s'], { cwd });
    const read = (...more: string[]) =>
      grafosJson<{ offset: number; length: number; bytes_b64: string }>(['mem', 'read', run.run_id, ...more], { cwd });
    const whole = await read();
    assert.equal(whole.length, 4096);
    const bytes = Buffer.from(whole.bytes_b64, 'base64');
    assert.equal(bytes.subarray(16, 22).toString(), 'grafOS');
    const raw = await grafos(['mem', 'read', run.run_id, '--offset', '16', '--length', '6'], { cwd });
    assert.equal(raw.stdout, 'grafOS');
    const wrote = await grafos(['mem', 'write', run.run_id, '-', '--offset', '16'], { cwd, stdin: 'GRAF' });
    assert.equal(wrote.code, 0, wrote.stderr);
    assert.equal(Buffer.from((await read('--offset', '16', '--length', '6')).bytes_b64, 'base64').toString(), 'GRAFOS');
    const outside = await grafos(['mem', 'read', run.run_id, '--offset', '4090', '--length', '7'], { cwd });
    assert.equal(outside.code, 2);
    assert.match(outside.stderr, /error: .*4096 bytes.*\[out_of_bounds\]\n {2}next: /);
    const toFile = await grafosJson<{ length: number; file: string }>(
      ['mem', 'read', run.run_id, '--length', '8', '--out', 'eight.bin'],
      { cwd },
    );
    assert.equal((await stat(toFile.file)).size, toFile.length);

    const short = await grafosJson<RunResponse>(['deploy', 'run', '--mem', '4KiB'], { cwd });
    const ended = await grafos(['mem', 'read', short.run_id, '--json'], { cwd });
    assert.equal(JSON.parse(ended.stdout).error.code, 'lease_ended');
    // The scheduler's figure is that of the cell's last heartbeat.
    let leased: number;
    do {
      leased = (await grafosJson<{ leased_bytes: number }>(['dev', 'status'], { cwd })).leased_bytes;
      assert.ok(leased === 0 || leased === 4096, `only the held lease is left, not ${leased}`);
    } while (leased !== 4096);
  });
});
