import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { GrafosError } from '../../../../base/grafosError.ts';
import { checkPeerChain } from '../../../../daemons/peers/peerCertificate.ts';
import { PEER_ROLES } from '../../../../daemons/wire/peerRole.ts';
import { signCellRequest } from '../../../../toolchain/cell/signCellRequest.ts';
import { createAuthority } from '../../../../toolchain/trust/authority.ts';
import { makeSigningRequest, readSigningRequests } from '../../../../toolchain/trust/signingRequest.ts';

const authority = createAuthority({ name: 'unit CA', days: 30 });
const newKey = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve }).privateKey;
const hosts = ['cell.example.com', '10.1.2.3', '2001:db8:0:0:0:0:0:1'];

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof GrafosError) return `${error.code}: ${error.why}`;
    throw error;
  }
  return 'nothing thrown';
}

const request = (role: 'cell' | 'scheduler' | 'admin' | 'tenant', name = 'aws-eu-1', given = hosts, key = newKey()) =>
  makeSigningRequest({ role, name, hosts: given }, key);
const both = (name?: string, given?: string[]) => request('cell', name, given) + request('scheduler', name, given);
const sign = (pem: string, more: Partial<Parameters<typeof signCellRequest>[0]> = {}) =>
  signCellRequest({ request: pem, authority, cellId: 'aws-eu-1', hosts, days: 10, ...more });

describe('a signing request', () => {
  for (const role of PEER_ROLES) {
    it(`of a ${role} is read as it was made, with the key that signed it`, () => {
      const key = newKey();
      const [read, ...more] = readSigningRequests(makeSigningRequest({ role, name: 'a.b-c_1', hosts }, key));
      assert.deepEqual([read?.role, read?.name, read?.hosts, more], [role, 'a.b-c_1', hosts, []]);
      assert.ok(read?.publicKey.equals(createPublicKey(key)));
    });
  }

  it('is refused with any one byte changed', () => {
    const pem = request('cell', 'c', ['10.0.0.1']);
    const der = Buffer.from(pem.replace(/-----.*-----|\n/g, ''), 'base64');
    const passed: number[] = [];
    for (let at = 0; at < der.length; at += 1) {
      const other = Buffer.from(der);
      other[at] = (other[at] ?? 0) ^ 1;
      const text = `-----BEGIN CERTIFICATE REQUEST-----\n${other.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
      if (!refusal(() => readSigningRequests(text)).startsWith('signing_request_unfit')) passed.push(at);
    }
    assert.deepEqual(passed, []);
  });

  const unfit: Array<[what: string, pem: string, why: RegExp]> = [
    ['no PEM', 'hello', /no block/],
    ['a certificate', authority.certPem, /no block/],
    ['a key on another curve', request('cell', 'c', ['10.0.0.1'], newKey('secp256k1')), /./],
    ['too many characters', both().repeat(40), /characters/],
    [
      'bytes that are no request',
      '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n',
      /tag/,
    ],
    [
      '40 hosts',
      request(
        'cell',
        'c',
        Array.from({ length: 40 }, (_, at) => `10.0.0.${at}`),
      ),
      /40 hosts/,
    ],
    ['a name that is none', request('cell', 'No Name'), /./],
  ];
  for (const [what, pem, why] of unfit) {
    it(`is refused with ${what}`, () => {
      const message = refusal(() => readSigningRequests(pem));
      assert.match(message, /^signing_request_unfit: /);
      assert.match(message, why);
    });
  }
});

describe('the answer to a cell', () => {
  it('has certificates that the doors take for the keys of the request', () => {
    const keys = { cell: newKey(), scheduler: newKey() };
    const { answer } = sign(
      request('scheduler', undefined, undefined, keys.scheduler) + request('cell', undefined, undefined, keys.cell),
    );
    const [ca, cell, scheduler, ...more] = answer.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? [];
    assert.ok(ca && cell && scheduler && more.length === 0);
    assert.equal(`${ca}\n`, authority.certPem);
    for (const [role, pem] of [
      ['cell', cell],
      ['scheduler', scheduler],
    ] as const) {
      const certificate = new X509Certificate(pem);
      assert.ok(certificate.checkPrivateKey(keys[role]));
      for (const host of [...hosts, 'localhost'])
        checkPeerChain([certificate.raw], {
          caDer: authority.certDer,
          usage: 'server',
          roles: [role],
          name: 'aws-eu-1',
          host,
        });
    }
  });

  it('takes hosts in any order and spelling', () => {
    assert.ok(sign(both(), { hosts: ['2001:DB8::1', '10.1.2.3', 'cell.example.com'] }).answer);
  });

  const refused: Array<[what: string, pem: string, more: Parameters<typeof sign>[1], why: RegExp]> = [
    ['of another cell', both('aws-eu-2'), {}, /of the cell aws-eu-2, not of aws-eu-1/],
    ['for another host', both(undefined, ['10.1.2.4']), {}, /10\.1\.2\.4/],
    ['for one more host', both(), { hosts: hosts.slice(1) }, /names the hosts/],
    ['of an admin', request('admin') + request('cell'), {}, /roles admin, cell/],
    ['of one role', request('cell'), {}, /roles cell;/],
    ['of a role twice', both() + request('cell'), {}, /roles cell, cell, scheduler/],
  ];
  for (const [what, pem, more, why] of refused) {
    it(`is refused to a request ${what}`, () => {
      const message = refusal(() => sign(pem, more));
      assert.match(message, /^signing_request_differs: /);
      assert.match(message, why);
    });
  }
});
