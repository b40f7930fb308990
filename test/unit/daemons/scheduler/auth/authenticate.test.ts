import assert from 'node:assert/strict';
import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { privateKeyOf } from '../../../../../daemons/peers/privateKeyOf.ts';
import { certificateThumbprint, mintTenantToken } from '../../../../../daemons/peers/tenantToken.ts';
import { createAuthenticator } from '../../../../../daemons/scheduler/auth/authenticate.ts';
import type { Connection } from '../../../../../daemons/scheduler/auth/connection.ts';
import { type CellStore, openCellStore } from '../../../../../daemons/scheduler/store/cellStore.ts';
import { createTenantTable } from '../../../../../daemons/scheduler/store/tenantTable.ts';
import { createTokenTable } from '../../../../../daemons/scheduler/store/tokenTable.ts';
import type { PeerRole } from '../../../../../daemons/wire/peerRole.ts';
import { createAuthority } from '../../../../../toolchain/trust/authority.ts';
import { temporaryFolder } from '../../../../helpers/temporaryFolder.ts';

const ca = createAuthority({ name: 'auth CA', days: 5 });

/** A peer with its certificate and key. */
function peer(role: PeerRole, name: string) {
  const { certPem, keyPem, certDer } = ca.issue({ role, name, days: 1 });
  const certificate = new X509Certificate(certPem);
  const spki = certificate.publicKey.export({ format: 'der', type: 'spki' });
  return {
    certPem,
    key: privateKeyOf(keyPem),
    publicKey: certificate.publicKey,
    spkiSha256: createHash('sha256').update(spki).digest('hex'),
    x5tS256: certificateThumbprint(certDer),
    role,
    name,
  };
}
type Peer = ReturnType<typeof peer>;

const connect = ({ role, name, x5tS256, spkiSha256, publicKey }: Peer, notAfter = new Date(2 ** 42)): Connection => ({
  identity: { role, name, x5tS256, spkiSha256, notAfter },
  key: publicKey,
  peer: `${role}/${name} 127.0.0.1:1`,
  tokens: new Map(),
});
const tokenOf = (one: Peer, more: { key?: KeyObject; audience?: string; subject?: string; now?: number } = {}) => {
  const { key = one.key, audience = 'cell-1', subject = `${one.role}/${one.name}`, now = Date.now() } = more;
  return mintTenantToken({ key, subject, audience, x5tS256: one.x5tS256, now }).token;
};

describe('the judgement on a request', () => {
  const [acme, other, admin, cell] = [
    peer('tenant', 'acme'),
    peer('tenant', 'other'),
    peer('admin', 'ops'),
    peer('cell', 'c'),
  ];
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: CellStore;
  let tenants: ReturnType<typeof createTenantTable>;
  let authenticate: ReturnType<typeof createAuthenticator>;

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = openCellStore(folder.path);
    tenants = createTenantTable(store);
    tenants.put('acme', acme.certPem, acme.spkiSha256);
    authenticate = createAuthenticator({ cellId: 'cell-1', tenants, tokens: createTokenTable(store) });
  });
  afterEach(async () => {
    store.close();
    await folder[Symbol.asyncDispose]();
  });

  const reasonOf = async (connection: Connection, authorization: string | undefined) => {
    try {
      const { role, name } = await authenticate(connection, authorization);
      return `${role} ${name}`;
    } catch (error) {
      return (error as { reason?: string }).reason ?? String(error);
    }
  };

  it('takes a tenant and an admin by their tokens, again and again on their connections', async () => {
    for (const [one, says] of [
      [acme, 'tenant acme'],
      [admin, 'admin ops'],
    ] as const) {
      const connection = connect(one);
      const authorization = `Bearer ${tokenOf(one)}`;
      for (let i = 0; i < 3; i++) assert.equal(await reasonOf(connection, authorization), says);
    }
  });

  it('checks a token of several requests at once only once', async () => {
    const connection = connect(acme);
    const authorization = `Bearer ${tokenOf(acme)}`;
    const all = await Promise.all(Array.from({ length: 5 }, () => reasonOf(connection, authorization)));
    assert.deepEqual(all, Array(5).fill('tenant acme'));
    assert.equal(connection.tokens.size, 1);
  });

  const rows: Array<[what: string, reason: string, ask: () => [Connection, string | undefined]]> = [
    ['no token', 'token_missing', () => [connect(acme), undefined]],
    ['another scheme', 'token_malformed', () => [connect(acme), `Basic ${tokenOf(acme)}`]],
    ['the scheme in small letters', 'token_malformed', () => [connect(acme), `bearer ${tokenOf(acme)}`]],
    ['no token after the scheme', 'token_malformed', () => [connect(acme), 'Bearer ']],
    ['a text that is no token', 'token_malformed', () => [connect(acme), 'Bearer x.y.z']],
    ['a tenant that is not registered', 'tenant_unknown', () => [connect(other), `Bearer ${tokenOf(other)}`]],
    [
      'a token of another key',
      'token_signature_invalid',
      () => [connect(acme), `Bearer ${tokenOf(acme, { key: other.key })}`],
    ],
    [
      'a token of another tenant',
      'token_certificate_mismatch',
      () => [connect(acme), `Bearer ${tokenOf(acme, { subject: 'tenant/other' })}`],
    ],
    [
      'a token of an admin',
      'token_certificate_mismatch',
      () => [connect(acme), `Bearer ${tokenOf(acme, { subject: 'admin/acme' })}`],
    ],
    [
      'a token for another cell',
      'token_audience_mismatch',
      () => [connect(acme), `Bearer ${tokenOf(acme, { audience: 'cell-2' })}`],
    ],
    [
      'a token that has expired',
      'token_expired',
      () => [connect(acme), `Bearer ${tokenOf(acme, { now: Date.now() - 400_000 })}`],
    ],
    [
      'a token of the future',
      'token_not_yet_valid',
      () => [connect(acme), `Bearer ${tokenOf(acme, { now: Date.now() + 60_000 })}`],
    ],
    ['a cell with a token of its own', 'role_required', () => [connect(cell), `Bearer ${tokenOf(cell)}`]],
    [
      'an expired certificate',
      'client_certificate_expired',
      () => [connect(acme, new Date(0)), `Bearer ${tokenOf(acme)}`],
    ],
    [
      'an expired certificate without a token',
      'client_certificate_expired',
      () => [connect(acme, new Date(0)), undefined],
    ],
  ];
  for (const [what, reason, ask] of rows) {
    it(`refuses ${what}: ${reason}`, async () => assert.equal(await reasonOf(...ask()), reason));
  }

  it('refuses a token on a second connection, of its owner too, and after a restart', async () => {
    const authorization = `Bearer ${tokenOf(acme)}`;
    assert.equal(await reasonOf(connect(acme), authorization), 'tenant acme');
    assert.equal(await reasonOf(connect(acme), authorization), 'token_replayed');
    store.close();
    store = openCellStore(folder.path);
    tenants = createTenantTable(store);
    authenticate = createAuthenticator({ cellId: 'cell-1', tenants, tokens: createTokenTable(store) });
    assert.equal(await reasonOf(connect(acme), authorization), 'token_replayed');
  });

  it('lets one of two connections have a token that comes on both at once', async () => {
    const authorization = `Bearer ${tokenOf(acme)}`;
    const both = await Promise.all([reasonOf(connect(acme), authorization), reasonOf(connect(acme), authorization)]);
    assert.deepEqual(both.sort(), ['tenant acme', 'token_replayed']);
  });

  it('ends a known token with the key of its tenant, and with the tenant', async () => {
    const connection = connect(acme);
    const authorization = `Bearer ${tokenOf(acme)}`;
    assert.equal(await reasonOf(connection, authorization), 'tenant acme');
    tenants.put('acme', other.certPem, other.spkiSha256);
    assert.equal(await reasonOf(connection, authorization), 'token_signature_invalid');
    store.change(() => tenants.remove('acme'));
    assert.equal(await reasonOf(connection, authorization), 'tenant_unknown');
  });

  it('does not keep what it refused, so that a later registration counts', async () => {
    const connection = connect(other);
    const authorization = `Bearer ${tokenOf(other)}`;
    assert.equal(await reasonOf(connection, authorization), 'tenant_unknown');
    assert.equal(connection.tokens.size, 0);
    tenants.put('other', other.certPem, other.spkiSha256);
    assert.equal(await reasonOf(connection, authorization), 'tenant other');
  });

  it('remembers a bounded number of tokens of a connection, the newest', async () => {
    const connection = connect(acme);
    const all = Array.from({ length: 20 }, () => `Bearer ${tokenOf(acme)}`);
    for (const one of all) assert.equal(await reasonOf(connection, one), 'tenant acme');
    assert.equal(connection.tokens.size, 16);
    assert.equal(await reasonOf(connection, all[19]), 'tenant acme');
    assert.equal(await reasonOf(connection, all[0]), 'token_replayed');
  });
});
