import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GrafosError } from '../../../../base/grafosError.ts';
import { readPair, readTrust, type TrustCodes } from '../../../../daemons/kit/trust.ts';
import { createAuthority } from '../../../../toolchain/trust/authority.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const CODES: TrustCodes = { unreadable: 'trust_unreadable', notPem: 'certificate_unreadable' };
const ca = createAuthority({ name: 'kit CA', days: 3 });
const other = createAuthority({ name: 'kit CA', days: 3 });
const cell = ca.issue({ role: 'cell', name: 'cell-1', hosts: ['cell.example'], days: 1 });
const scheduler = ca.issue({ role: 'scheduler', name: 's', days: 1 });
const PART = { roles: ['cell'], usage: 'server', host: 'cell.example' } as const;

describe('the trust of a daemon', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const put = async (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, `${name}.pem`), text);
    return {
      ca: join(folder.path, 'ca.pem'),
      cert: join(folder.path, 'cert.pem'),
      key: join(folder.path, 'key.pem'),
    };
  };
  const good = { ca: ca.certPem, cert: cell.certPem, key: cell.keyPem };
  /** Code of the error, and its words. */
  const refusal = async (act: Promise<unknown>) => {
    const error = await act.then(
      () => assert.fail('nothing thrown'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof GrafosError, String(error));
    assert.ok(error.next);
    return { code: error.code, text: `${error.message} ${error.why}` };
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => await folder[Symbol.asyncDispose]());

  it('is read as it is where all of it fits the part', async () => {
    const files = { caPem: ca.certPem, certPem: cell.certPem, keyPem: cell.keyPem };
    assert.deepEqual(await readTrust(await put(good), PART, CODES), files);
  });

  const rows: Array<[what: string, files: Record<string, string>, code: string, says: RegExp]> = [
    ['a certificate of another CA', { ...good, ca: other.certPem }, 'certificate_unfit', /cert\.pem/],
    ['the key of another certificate', { ...good, key: scheduler.keyPem }, 'certificate_unfit', /belong to the key/],
    [
      'a certificate of another role',
      { ...good, cert: scheduler.certPem, key: scheduler.keyPem },
      'certificate_unfit',
      /role|scheduler|host/,
    ],
    ['a certificate that is none', { ...good, cert: 'hello' }, 'certificate_unreadable', /no PEM certificate/],
    ['a key that is none', { ...good, key: 'hello' }, 'certificate_unreadable', /no PEM private key/],
    [
      'a certificate in the place of a key',
      { ...good, key: cell.certPem },
      'certificate_unreadable',
      /no PEM private key/,
    ],
    ['a CA that is none', { ...good, ca: 'hello' }, 'ca_unreadable', /0 certificates/],
    ['two CAs', { ...good, ca: ca.certPem + other.certPem }, 'ca_unreadable', /2 certificates/],
  ];
  for (const [what, files, code, says] of rows) {
    it(`is refused at the start with ${what}`, async () => {
      const refused = await refusal(readTrust(await put(files), PART, CODES));
      assert.equal(refused.code, code);
      assert.match(refused.text, says);
    });
  }

  it('is refused for another host than that of the certificate', async () => {
    const { code, text } = await refusal(readTrust(await put(good), { ...PART, host: 'evil.example' }, CODES));
    assert.equal(code, 'certificate_unfit');
    assert.match(text, /evil\.example|host/);
  });

  it('names the flag of a file that cannot be read, with the code of the daemon', async () => {
    const paths = await put(good);
    for (const name of ['ca', 'cert', 'key'] as const) {
      const missing = { ...paths, [name]: join(folder.path, 'none') };
      const { code, text } = await refusal(readTrust(missing, PART, { ...CODES, unreadable: 'file_unreadable' }));
      assert.equal(code, 'file_unreadable');
      assert.match(text, new RegExp(`--${name}\\b.*ENOENT`));
    }
    const pair = readPair({ cert: folder.path, key: paths.key }, { cert: 'mem-cert', key: 'mem-key' }, CODES);
    assert.match((await refusal(pair)).text, /--mem-cert\b/);
  });

  it('takes no key with a passphrase, and says how to write one without', async () => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    assert.equal(
      (await refusal(readTrust(await put({ ...good, key: privateKey }), PART, CODES))).code,
      'key_encrypted',
    );
  });

  it('does not bring a key into an error', async () => {
    const secret = cell.keyPem.split('\n')[1] ?? '';
    const { text } = await refusal(readTrust(await put({ ...good, key: `x${secret}` }), PART, CODES));
    assert.equal(text.includes(secret), false);
  });
});
