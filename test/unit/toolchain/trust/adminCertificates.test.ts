import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GrafosError } from '../../../../base/grafosError.ts';
import { ADMIN_COMMANDS } from '../../../../cli/adminCommands.ts';
import { checkPeerChain } from '../../../../daemons/peers/peerCertificate.ts';
import { initCa, issueCert, issueServerCert } from '../../../../toolchain/trust/adminCertificates.ts';

const derOf = (file: string) => new X509Certificate(readFileSync(file)).raw;

async function codeOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    if (error instanceof GrafosError) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

describe('certificates whose keys the user keeps', () => {
  let root: string;
  let ca: { ca: string; caKey: string };
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'grafos-admin-'));
    const pair = await initCa({ out: join(root, 'ca'), days: 90 });
    ca = { ca: pair.cert, caKey: pair.key };
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('come as a CA, clients and servers that fit together', async () => {
    assert.deepEqual(readdirSync(join(root, 'ca')).sort(), ['ca-key.pem', 'ca.pem']);
    const tenant = await issueCert({ ...ca, out: root, role: 'tenant', name: 'acme', days: 90 });
    const admin = await issueCert({ ...ca, out: root, role: 'admin', name: 'root', days: 1 });
    const cell = await issueServerCert({
      ...ca,
      out: root,
      role: 'cell',
      name: 'aws-1',
      hosts: ['10.9.0.2'],
      days: 30,
    });
    const caDer = derOf(ca.ca);
    assert.equal(checkPeerChain([derOf(tenant.cert)], { caDer, usage: 'client' }).name, 'acme');
    assert.equal(checkPeerChain([derOf(admin.cert)], { caDer, usage: 'client' }).role, 'admin');
    assert.equal(checkPeerChain([derOf(cell.cert)], { caDer, usage: 'server', host: '10.9.0.2' }).name, 'aws-1');
    assert.equal(
      new Date(cell.not_after).getTime(),
      new X509Certificate(readFileSync(cell.cert)).validToDate.getTime(),
    );
    const files = [tenant, admin, cell].map(({ cert }) => cert);
    const run = spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', ca.ca, ...files], { encoding: 'utf8' });
    assert.equal(run.status, 0, `${run.stderr}${run.error?.message ?? ''}`);
  });

  it('come with the members that the command line promises for --json', async () => {
    const pairs = {
      'admin init-ca': await initCa({ out: join(root, 'second'), days: 3650 }),
      'admin issue-cert': await issueCert({ ...ca, out: root, role: 'tenant', name: 'acme', days: 9 }),
      'admin issue-server-cert': await issueServerCert({
        ...{ ...ca, out: root, role: 'scheduler', name: 's', hosts: [], days: 9 },
      }),
    };
    for (const [name, pair] of Object.entries(pairs)) {
      const spec = ADMIN_COMMANDS.find((one) => one.name === name);
      assert.equal(spec?.json, `{${Object.keys(pair).join(', ')}}`, name);
      assert.equal(new Date(pair.not_after).toISOString(), pair.not_after, name);
    }
  });

  it('say how many days they can have', async () => {
    const tenant = { ...ca, out: root, role: 'tenant' as const, name: 'acme' };
    const table: [Promise<unknown>, RegExp][] = [
      [initCa({ out: join(root, 'third'), days: 99_999 }), /^Give a whole number of days from 1 to 3650\.$/],
      [initCa({ out: join(root, 'third'), days: 0 }), /^Give a whole number of days from 1 to 3650\.$/],
      [issueCert({ ...tenant, days: 99_999 }), /^Ask for at most \d+ days, or make a new CA: grafos admin init-ca /],
      [issueCert({ ...tenant, days: 0 }), /^Give a whole number of days from 1 to 398\.$/],
    ];
    for (const [act, next] of table) await assert.rejects(act, { next });
  });

  it('keep their keys to their owner', async function () {
    if (process.platform === 'win32') this.skip();
    const { key } = await issueCert({ ...ca, out: root, role: 'tenant', name: 'acme', days: 9 });
    for (const file of [ca.caKey, key]) assert.equal(statSync(file).mode & 0o777, 0o600, file);
  });

  it('never overwrite a file, and leave no half of a pair', async () => {
    const before = readFileSync(ca.caKey, 'utf8');
    assert.equal(await codeOf(initCa({ out: join(root, 'ca'), days: 9 })), 'file_exists');
    assert.equal(readFileSync(ca.caKey, 'utf8'), before);
    writeFileSync(join(root, 'acme.pem'), 'mine');
    assert.equal(await codeOf(issueCert({ ...ca, out: root, role: 'tenant', name: 'acme', days: 9 })), 'file_exists');
    assert.deepEqual(readdirSync(root).sort(), ['acme.pem', 'ca']);
    assert.equal(readFileSync(join(root, 'acme.pem'), 'utf8'), 'mine');
  });

  it('are refused with the reason when they cannot be made', async () => {
    const other = await initCa({ out: join(root, 'other'), days: 9 });
    const tenant = { ...ca, out: root, role: 'tenant' as const, name: 'acme', days: 9 };
    const table: [() => Promise<unknown>, string][] = [
      [() => issueCert({ ...tenant, ca: join(root, 'absent.pem') }), 'ca_unreadable'],
      [() => issueCert({ ...tenant, caKey: ca.ca }), 'ca_unreadable'],
      [() => issueCert({ ...tenant, caKey: other.key }), 'ca_key_mismatch'],
      [() => issueCert({ ...tenant, days: 91 }), 'ca_ends_sooner'],
      [() => issueCert({ ...tenant, days: 1.5 }), 'certificate_request_invalid'],
      [() => issueCert({ ...tenant, name: '../acme' }), 'certificate_request_invalid'],
      [() => issueServerCert({ ...tenant, role: 'cell', hosts: ['*'] }), 'certificate_request_invalid'],
      [() => issueCert({ ...tenant, out: ca.ca }), 'not_writable'],
      [() => initCa({ out: join(root, 'third'), days: 0 }), 'certificate_request_invalid'],
    ];
    for (const [index, [act, code]] of table.entries()) assert.equal(await codeOf(act()), code, `row ${index}`);
    assert.deepEqual(readdirSync(root).sort(), ['ca', 'other']);
  });
});
