import assert from 'node:assert/strict';
import { checkPeerChain } from '../../daemons/protocol/peerCertificate.ts';
import { PeerRefused } from '../../daemons/protocol/peerRefused.ts';
import { badChains, ChainMaker, goodChains, makeCa, type Side } from '../helpers/badChains.ts';

describe('bad chains', () => {
  for (const side of ['client', 'server'] as Side[]) {
    const maker = new ChainMaker(makeCa(), side);
    const expect = (caDer: Uint8Array) =>
      side === 'client'
        ? { caDer, usage: 'client' as const, roles: ['tenant' as const] }
        : { caDer, usage: 'server' as const, host: '127.0.0.1', roles: ['cell' as const] };
    for (const good of goodChains(maker))
      it(`${side} good ${good.name}`, () => {
        assert.equal(checkPeerChain(good.chain, expect(good.ca.der)).name, 'someone');
      });
    for (const bad of badChains(maker))
      it(`${side} ${bad.name}`, () => {
        assert.throws(
          () => checkPeerChain(bad.chain, expect(bad.ca.der)),
          (e) => {
            assert(e instanceof PeerRefused, String(e));
            assert.equal(e.reason, bad.reason, e.detail);
            assert.match(e.detail, bad.detail);
            return true;
          },
        );
      });
  }
});
