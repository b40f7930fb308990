import assert from 'node:assert/strict';
import { checkPeerChain, type PeerExpectation } from '../../daemons/protocol/peerCertificate.ts';
import { quicPeerConfig } from '../../daemons/protocol/peerQuic.ts';
import { PeerRefused } from '../../daemons/protocol/peerRefused.ts';
import { type BadChain, badChains, type Ca, ChainMaker, goodChains, makeCa, type Side } from '../helpers/badChains.ts';
import { type Door, doorFiles } from '../helpers/door.ts';
import { quicClientDoor, quicServerDoor } from '../helpers/quicDoor.ts';
import { tlsClientDoor, tlsServerDoor } from '../helpers/tlsDoor.ts';

/** The doors that a chain of this side is offered at. */
const DOORS: Record<Side, Record<'TLS' | 'QUIC', (ca: Ca) => Promise<Door>>> = {
  client: { TLS: tlsServerDoor, QUIC: quicServerDoor },
  server: { TLS: tlsClientDoor, QUIC: quicClientDoor },
};

function expectation(side: Side): { usage: 'client'; roles: ['tenant'] } | { usage: 'server'; roles: ['cell']; host: string } {
  return side === 'client'
    ? { usage: 'client', roles: ['tenant'] }
    : { usage: 'server', roles: ['cell'], host: '127.0.0.1' };
}

for (const side of ['client', 'server'] as const) {
  const maker = new ChainMaker(makeCa(), side);
  const bad = badChains(maker);
  const good = goodChains(maker);

  describe(`chains of a ${side}`, () => {
    it('are at least 60 bad ones, all different', () => {
      assert.ok(bad.length >= 60, String(bad.length));
      assert.equal(new Set(bad.map(({ name }) => name)).size, bad.length);
    });

    it('are told apart by the check itself', () => {
      for (const { chain, ca, name } of good) {
        const expect: PeerExpectation = { ...expectation(side), caDer: ca.der };
        assert.equal(checkPeerChain(chain, expect).name, 'someone', name);
      }
      for (const one of bad) assertRefused(one, side);
    });

    for (const [transport, open] of Object.entries(DOORS[side])) {
      it(`meet the ${transport} door of the other side`, async () => {
        const doors = new Map<Ca, Door>();
        const doorOf = async (ca: Ca) => {
          const door = doors.get(ca) ?? (await open(ca));
          doors.set(ca, door);
          return door;
        };
        try {
          for (const one of [...good, ...bad]) {const t=performance.now(); const a=await (await doorOf(one.ca)).offer(one); console.log(side,transport,one.name,'=>',a.outcome,a.name,a.how.slice(0,150),a.refusals.map(r=>r.reason+'|'+r.detail), (performance.now()-t).toFixed(1));}
        } finally {
          await Promise.all([...doors.values()].map((door) => door.close()));
        }
      });
    }
  });
}

function assertRefused({ chain, ca, name, reason, detail }: BadChain, side: Side): void {
  assert.throws(
    () => checkPeerChain(chain, { ...expectation(side), caDer: ca.der }),
    (error) => {
      assert.ok(error instanceof PeerRefused, `${name}: ${String(error)}`);
      assert.equal(error.reason, reason, `${name}: ${error.detail}`);
      assert.match(error.detail, detail, name);
      return true;
    },
  );
}
