import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { checkPeerChain } from '../../../../daemons/peers/peerCertificate.ts';
import { signCellRequest } from '../../../../toolchain/cell/signCellRequest.ts';
import { authority, both, hosts, newKey, refusal, request } from '../../../helpers/signingRequests.ts';

const sign = (pem: string, more: Partial<Parameters<typeof signCellRequest>[0]> = {}) =>
  signCellRequest({ request: pem, authority, cellId: 'aws-eu-1', hosts, days: 10, ...more });

describe('the answer to a cell', () => {
  it('has certificates that the doors take for the keys of the request', () => {
    const keys = { cell: newKey(), scheduler: newKey() };
    const { answer, schedulerDer, notAfter } = sign(
      request('scheduler', undefined, undefined, keys.scheduler) + request('cell', undefined, undefined, keys.cell),
    );
    const [ca, cell, scheduler, ...more] = answer.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? [];
    assert.ok(ca && cell && scheduler && more.length === 0);
    assert.equal(`${ca}\n`, authority.certPem);
    const shown = new X509Certificate(scheduler);
    assert.deepEqual([shown.raw.equals(schedulerDer), shown.validToDate], [true, notAfter]);
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
