import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type DevTrust, writeDevTrust } from '../../toolchain/trust/devTrust.ts';
import { NOWHERE } from '../helpers/nowhere.ts';
import { ask, makeProgram } from './helperSetup.ts';
import { spawnFromSource } from './spawnFromSource.ts';

/** No machine has it: its parent is a file. */

describe('helper as a process', () => {
  let dir: string;
  let trust: DevTrust;
  let bearerFile: string;

  beforeEach(async () => {
    dir = await makeProgram();
    trust = writeDevTrust(join(dir, 'trust'), { tenant: 'dev-tenant', cellId: 'local' });
    bearerFile = join(trust.dir, 'helper-bearer');
  });
  afterEach(async () => await rm(dir, { recursive: true, force: true }));

  const start = async (over: Record<string, string | undefined> = {}, more: string[] = []) => {
    const flags: Record<string, string | undefined> = {
      bind: '127.0.0.1:0',
      project: dir,
      scheduler: 'lifeline',
      'cell-id': 'local',
      ca: trust.ca,
      cert: trust.tenant.cert,
      key: trust.tenant.key,
      'bearer-file': bearerFile,
      ...over,
    };
    const args = Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
    return await spawnFromSource('helper', [...args, ...more]);
  };
  const isGone = async (file: string) => await assert.rejects(stat(file), { code: 'ENOENT' });

  it('says where it listens, keeps its bearer to its file, and takes that away on SIGTERM', async () => {
    await using helper = await start();
    assert.ok(helper.line.ready);
    const { url } = helper.line.facts;
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal((await stat(bearerFile)).mode & 0o777, 0o600);
    const bearer = (await readFile(bearerFile, 'utf8')).trim();
    const headers = { Authorization: `Bearer ${bearer}` };
    const { json } = await ask({ port: Number(new URL(url).port) }, '/v1/program', { headers });
    assert.equal(json.name, 'demo');
    assert.equal(json.cell_id, 'local');
    helper.signal('SIGTERM');
    assert.equal(await helper.ended, 0);
    await isGone(bearerFile);
    assert.equal(helper.stdout.length, 1);
    assert.ok(!`${helper.stdout}${helper.stderr}`.includes(bearer));
  });

  it('ends, and takes its bearer away, when whoever started it is gone', async () => {
    await using helper = await start();
    helper.closeLifeline();
    assert.equal(await helper.ended, 0);
    await isGone(bearerFile);
  });

  it('learns the scheduler over the lifeline, and tells when nothing answers there', async () => {
    await using helper = await start();
    assert.ok(helper.line.ready);
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const address = free.address();
    assert.ok(typeof address === 'object' && address !== null);
    free.close();
    await once(free, 'close');
    helper.tell(`scheduler https://127.0.0.1:${address.port}`);
    const { status, json } = await ask({ port: Number(new URL(helper.line.facts.url).port) }, '/v1/runs', {
      headers: { Authorization: `Bearer ${(await readFile(bearerFile, 'utf8')).trim()}` },
    });
    assert.equal(status, 503);
    assert.equal(json.error.reason, 'scheduler_unreachable');
    assert.ok(json.error.next);
  });

  for (const [name, over, more, code, why] of [
    ['another address than loopback', { bind: '0.0.0.0:0' }, [], 'bad_flag', /loopback/],
    ['another port than there is', { bind: '127.0.0.1:65536' }, [], 'bad_flag', /PORT/],
    ['a wildcard origin', {}, ['--allow-origin', '*'], 'bad_flag', /wildcard/],
    ['an origin with a path', {}, ['--allow-origin', 'https://example.org/'], 'bad_flag', /path/],
    ['a missing flag', { project: undefined }, [], 'bad_flag', /--project/],
    ['an unknown flag', {}, ['--bearer', 'x'], 'bad_flag', /--bearer/],
    ['a scheduler that is no URL', { scheduler: 'nowhere' }, [], 'bad_flag', /not a URL/],
    ['a key that is not there', { key: join(NOWHERE, 'key.pem') }, [], 'trust_not_readable', /ENOENT|ENOTDIR/],
    [
      'a bearer file that cannot be written',
      { 'bearer-file': join(NOWHERE, 'bearer') },
      [],
      'bearer_file_not_written',
      /ENOENT|ENOTDIR/,
    ],
  ] as const) {
    it(`does not start with ${name}`, async () => {
      await using helper = await start(over, [...more]);
      assert.ok(!helper.line.ready);
      assert.equal(helper.line.error.code, code);
      assert.match(`${helper.line.error.message} ${helper.line.error.why}`, why);
      assert.equal(await helper.ended, 3);
    });
  }

  it('does not start on a port in use, and leaves the bearer of the helper there alone', async () => {
    await using first = await start();
    assert.ok(first.line.ready);
    const bearer = await readFile(bearerFile, 'utf8');
    await using second = await start({ bind: new URL(first.line.facts.url).host });
    assert.ok(!second.line.ready);
    assert.equal(second.line.error.code, 'port_in_use');
    assert.equal(await second.ended, 3);
    assert.equal(await readFile(bearerFile, 'utf8'), bearer);
  });

  it('replaces a bearer file that others could read', async () => {
    await writeFile(bearerFile, 'left over\n', { mode: 0o644 });
    await using helper = await start();
    assert.ok(helper.line.ready);
    assert.equal((await stat(bearerFile)).mode & 0o777, 0o600);
  });
});
