import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { PEER_ROLES } from '../../../../daemons/wire/peerRole.ts';
import { makeSigningRequest, readSigningRequests } from '../../../../toolchain/trust/signingRequest.ts';
import { authority, both, hosts, newKey, refusal, request } from '../../../helpers/signingRequests.ts';

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
      const told = refusal(() => readSigningRequests(pem));
      assert.match(told, /^signing_request_unfit: /);
      assert.match(told, why);
    });
  }
});
