import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GrafosError } from '../../../../base/grafosError.ts';
import { checkPeerChain } from '../../../../daemons/peers/peerCertificate.ts';
import { type DevTrust, writeDevTrust } from '../../../../toolchain/trust/devTrust.ts';

const who = { tenant: 'dev-tenant', cellId: 'local-1' };
const derOf = (file: string) => new X509Certificate(readFileSync(file)).raw;

describe('writeDevTrust', () => {
  let root: string;
  let dir: string;
  let trust: DevTrust;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'grafos trust ü-'));
    dir = join(root, '.grafos', 'dev', 'trust');
    trust = writeDevTrust(dir, who);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const pairs = () => [trust.tenant, trust.admin, trust.fabricbiosd, trust.scheduler, trust.memDataplane];

  it('writes a CA and five pairs, and no key of the CA', () => {
    const names = pairs().flatMap(({ cert, key }) => [cert, key]);
    assert.deepEqual(
      readdirSync(dir)
        .map((name) => join(dir, name))
        .sort(),
      [trust.ca, ...names].sort(),
    );
    const ca = new X509Certificate(readFileSync(trust.ca));
    for (const { cert, key } of pairs()) {
      const privateKey = createPrivateKey(readFileSync(key));
      assert.ok(new X509Certificate(readFileSync(cert)).checkPrivateKey(privateKey), cert);
      assert.ok(!ca.checkPrivateKey(privateKey), key);
    }
    assert.doesNotMatch(readFileSync(trust.ca, 'utf8'), /PRIVATE KEY/);
  });

  it('keeps the folder and the keys to their owner', function () {
    if (process.platform === 'win32') this.skip();
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    for (const { key } of pairs()) assert.equal(statSync(key).mode & 0o777, 0o600, key);
  });

  it('issues each for its part', () => {
    const caDer = derOf(trust.ca);
    const client = (file: string) => checkPeerChain([derOf(file)], { caDer, usage: 'client' });
    const server = (file: string) => checkPeerChain([derOf(file)], { caDer, usage: 'server', host: '127.0.0.1' });
    assert.deepEqual(
      [client(trust.tenant.cert), client(trust.admin.cert), client(trust.scheduler.cert)].map(({ role, name }) => [
        role,
        name,
      ]),
      [
        ['tenant', 'dev-tenant'],
        ['admin', 'dev-admin'],
        ['scheduler', 'local-1'],
      ],
    );
    assert.deepEqual(
      [server(trust.fabricbiosd.cert), server(trust.scheduler.cert), server(trust.memDataplane.cert)].map(
        ({ role, name }) => [role, name],
      ),
      [
        ['cell', 'local-1'],
        ['scheduler', 'local-1'],
        ['cell', 'local-1'],
      ],
    );
  });

  it('keeps within the 14 days of a WebTransport pin', () => {
    const { validFromDate, validToDate } = new X509Certificate(readFileSync(trust.memDataplane.cert));
    assert.ok(validToDate.getTime() - validFromDate.getTime() < 13 * 86_400_000);
    assert.deepEqual(validToDate, trust.notAfter);
  });

  it('passes openssl verify -x509_strict', () => {
    const certs = pairs().map(({ cert }) => cert);
    const run = spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', trust.ca, ...certs], { encoding: 'utf8' });
    assert.equal(run.status, 0, `${run.stderr}${run.error?.message ?? ''}`);
  });

  it('makes everything anew each time and leaves nothing of the old', () => {
    writeFileSync(join(dir, 'stray.pem'), '');
    const before = Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]));
    trust = writeDevTrust(dir, who);
    assert.ok(!existsSync(join(dir, 'stray.pem')));
    for (const name of readdirSync(dir)) assert.notEqual(readFileSync(join(dir, name), 'utf8'), before[name], name);
    assert.deepEqual(readdirSync(join(dir, '..')), ['trust']);
    const old = new X509Certificate(before['tenant.pem'] ?? '').raw;
    assert.throws(() => checkPeerChain([old], { caDer: derOf(trust.ca), usage: 'client' }), /not from our CA/);
  });

  it('removes what a killed process left, and not what a living one is writing', () => {
    const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
    const leftover = `${dir}.${dead}-0badcafe.new`;
    const underway = `${dir}.${process.ppid}-0badcafe.new`;
    for (const folder of [leftover, underway, `${dir}.backup`]) mkdirSync(folder);
    writeDevTrust(dir, who);
    assert.deepEqual(
      [leftover, underway, `${dir}.backup`].map((folder) => existsSync(folder)),
      [false, true, true],
    );
  });

  it('says what stands in its way and keeps the old folder', () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    assert.throws(
      () => writeDevTrust(join(file, 'trust'), who),
      (error) => error instanceof GrafosError && error.code === 'state_unsafe' && error.kind === 'unreachable',
    );
    assert.throws(
      () => writeDevTrust(dir, { ...who, tenant: 'Not A Name' }),
      (error) => error instanceof GrafosError && error.code === 'certificate_request_invalid',
    );
    assert.equal(derOf(trust.ca).length > 0, true);
    assert.deepEqual(readdirSync(join(dir, '..')), ['trust']);
  });
});
