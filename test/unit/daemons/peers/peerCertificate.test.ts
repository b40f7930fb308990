import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPeerChain, type PeerExpectation } from '../../../../daemons/peers/peerCertificate.ts';
import { quicPeerConfig } from '../../../../daemons/peers/peerQuic.ts';
import { PeerRefusedError } from '../../../../daemons/peers/peerRefused.ts';
import { badChains } from '../../../helpers/badChains.ts';
import {
  type BadChain,
  type Ca,
  type Chain,
  ChainMaker,
  goodChains,
  makeCa,
  type Side,
} from '../../../helpers/chainMaker.ts';
import { type Attempt, type Door, doorFiles, leafOf } from '../../../helpers/door.ts';
import { quicClientDoor, quicServerDoor } from '../../../helpers/quicDoor.ts';
import { tlsClientDoor, tlsServerDoor } from '../../../helpers/tlsDoor.ts';
import { toPem } from '../../../helpers/x509Writer.ts';

type Transport = 'TLS' | 'QUIC';

/** The doors that a chain of this side is offered at: those of the other side. */
const DOORS: Record<Side, Record<Transport, (ca: Ca) => Promise<Door>>> = {
  client: { TLS: tlsServerDoor, QUIC: quicServerDoor },
  server: { TLS: tlsClientDoor, QUIC: quicClientDoor },
};

for (const side of ['client', 'server'] as const) {
  const maker = new ChainMaker(makeCa(), side);
  const bad = badChains(maker);
  const good = goodChains(maker);

  describe(`certificate chains of a ${side}`, () => {
    it('are each good or bad by name', () => {
      assert.equal(new Set([...good, ...bad].map(({ name }) => name)).size, good.length + bad.length);
    });

    it('pass the check when good', () => {
      for (const { chain, ca, name } of good) {
        const expect: PeerExpectation = { ...expectation(side), caDer: ca.der };
        assert.equal(checkPeerChain(chain, expect).name, 'someone', name);
      }
    });

    it('fail the check when bad, each for its own reason', () => {
      for (const one of bad) assertRefused(one, side);
    });

    it('pass openssl verify -x509_strict when good', () => {
      for (const one of good) assert.match(opensslVerify(one, side), /: OK$/m, one.name);
    });

    for (const transport of ['TLS', 'QUIC'] as const) {
      it(`are let in or refused at a real ${transport} door`, async () => {
        const doors = new Map<Ca, Door>();
        const offer = async (one: Chain) => {
          const door = doors.get(one.ca) ?? (await DOORS[side][transport](one.ca));
          doors.set(one.ca, door);
          return door.offer(one);
        };
        try {
          for (const one of good) {
            const attempt = await offer(one);
            assert.equal(attempt.outcome, 'accepted', `${one.name}: ${attempt.how}`);
            assert.deepEqual(attempt.refusals, [], one.name);
          }
          const refused = new Set<string>();
          for (const one of bad) if (assertKeptOut(one, await offer(one), side, transport)) refused.add(one.name);
          assert.ok(refused.size >= 100, `only ${refused.size} bad chains reached the door and were refused there`);
        } finally {
          await Promise.all([...doors.values()].map((door) => door.close()));
        }
      });
    }
  });
}

type Expected = { usage: 'client'; roles: ['tenant'] } | { usage: 'server'; roles: ['cell']; host: string };

function expectation(side: Side): Expected {
  return side === 'client'
    ? { usage: 'client', roles: ['tenant'] }
    : { usage: 'server', roles: ['cell'], host: '127.0.0.1' };
}

function assertRefused({ chain, ca, name, reason, detail }: BadChain, side: Side): void {
  assert.throws(
    () => checkPeerChain(chain, { ...expectation(side), caDer: ca.der }),
    (error) => {
      assert.ok(error instanceof PeerRefusedError, `${name}: ${String(error)}`);
      assert.equal(error.reason, reason, `${name}: ${error.detail}`);
      assert.match(error.detail, detail, name);
      assert.equal(error.code.startsWith(side), true, error.code);
      return true;
    },
  );
}

/**
 * True when the door received the chain and refused it. The three ways in which it never received
 * it are proved one by one.
 */
function assertKeptOut(one: BadChain, attempt: Attempt, side: Side, transport: Transport): boolean {
  const about = `${one.name}: ${attempt.outcome}, ${attempt.how}`;
  const isServerDoor = side === 'client';
  switch (attempt.outcome) {
    case 'refused':
      // A server's owner must hear of it, once, for the audit log. A client has its error.
      if (isServerDoor) assert.equal(attempt.refusals.length, 1, `${about}: ${attempt.refusals.join()}`);
      return true;
    case 'not-offerable':
      // The test's own library will not send it; the check has refused it above, and so does what
      // QUIC would call.
      assert.ok(one.detail.test(refusalByCallback(one, side)), about);
      return false;
    case 'accepted': {
      const isCorrected = attempt.leaf?.x5tS256 !== leafOf(one.chain[0] ?? Buffer.of()).x5tS256;
      const isUnseen = transport === 'TLS' && one.afterLeaf;
      assert.ok(isCorrected || isUnseen, about);
      // A corrected leaf is another certificate, without the fault: only faults of the outermost
      // encoding can be lost so.
      if (isCorrected) assert.ok(CORRECTED_BY_SENDERS.includes(one.name), about);
      return false;
    }
  }
}

/**
 * OpenSSL writes the outermost element again. quiche sends the element that it read, without the
 * bytes after it.
 */
const CORRECTED_BY_SENDERS = [
  'a length not in its shortest form',
  'an indefinite length',
  'bytes after the certificate',
];

function refusalByCallback({ chain, ca }: BadChain, side: Side): string {
  let refusal = '';
  const config = quicPeerConfig(
    doorFiles(ca, side === 'client' ? 'server' : 'client'),
    expectation(side),
    ({ detail }) => {
      refusal = detail;
    },
  );
  void config.verifyCallback(chain);
  return refusal;
}

function opensslVerify({ chain, ca }: Chain, side: Side): string {
  const folder = mkdtempSync(join(tmpdir(), 'grafos-chain-'));
  try {
    writeFileSync(join(folder, 'ca.pem'), toPem(ca.der));
    writeFileSync(join(folder, 'leaf.pem'), toPem(chain[0] ?? Buffer.of()));
    const purpose = side === 'client' ? 'sslclient' : 'sslserver';
    const run = spawnSync('openssl', ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', 'ca.pem', 'leaf.pem'], {
      cwd: folder,
      encoding: 'utf8',
    });
    return run.stdout + run.stderr + (run.error?.message ?? '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
