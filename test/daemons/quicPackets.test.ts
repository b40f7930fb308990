import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Socket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';
import { parseHostPort } from '../../base/hostPort.ts';
import type { ControlLink, ControlListener } from '../../daemons/fabric/controlLink.ts';
import { dialControlQuic, listenControlQuic } from '../../daemons/fabric/controlQuic.ts';
import type { PeerRole } from '../../daemons/wire/peerRole.ts';
import { createAuthority } from '../../toolchain/trust/authority.ts';

const HOST = '127.0.0.1';
const MIB = 1024 * 1024;
const ca = createAuthority({ name: 'packets', days: 1 });

function filesOf(role: PeerRole) {
  const { certPem, keyPem } = ca.issue({ role, name: `${role}-1`, days: 1 });
  return { caPem: ca.certPem, certPem, keyPem };
}

/** Counts the UDP packets that leave this process, of both ends. */
class Packets {
  sent = 0;
  private readonly send = Socket.prototype.send;

  constructor() {
    const { send } = this;
    const count = () => this.sent++;
    Socket.prototype.send = function (this: Socket, ...args: unknown[]) {
      count();
      Reflect.apply(send, this, args);
    } as typeof send;
  }

  stop(): void {
    Socket.prototype.send = this.send;
  }
}

/** Resolves with the next bytes of messages, as many as asked for. */
function arrival(link: ControlLink, bytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let left = bytes;
  return new Promise((resolve) => {
    link.rpc.receive((chunk) => {
      chunks.push(chunk);
      left -= chunk.length;
      if (left <= 0) resolve(Buffer.concat(chunks));
    });
  });
}

describe('packets of a QUIC link', () => {
  let listener: ControlListener;
  let client: ControlLink;
  let server: ControlLink;
  let packets: Packets;

  before(async () => {
    packets = new Packets();
    const accepted = Promise.withResolvers<ControlLink>();
    listener = await listenControlQuic({
      host: HOST,
      port: 0,
      trust: filesOf('cell'),
      onLink: accepted.resolve,
      onRefused: (_, why) => accepted.reject(new Error(why)),
    });
    const port = parseHostPort(listener.address)?.port ?? assert.fail();
    client = await dialControlQuic({ host: HOST, port, trust: filesOf('scheduler'), timeoutMs: 5_000 });
    server = await accepted.promise;
  });
  after(async () => {
    client.close('the test is over');
    await listener.close('the test is over');
    packets.stop();
  });

  it('carry the acknowledgement of what they answer', async () => {
    server.rpc.receive((chunk) => void server.rpc.write(chunk));
    const ask = async () => {
      const answer = arrival(client, 100);
      await client.rpc.write(randomBytes(100));
      await answer;
    };
    const ROUNDS = 50;
    let least = Number.POSITIVE_INFINITY;
    // A machine that is busy for long answers too late for it; not in all of ten tries.
    for (let i = 0; i < 10; i++) {
      packets.sent = 0;
      for (let round = 0; round < ROUNDS; round++) await ask();
      least = Math.min(least, packets.sent);
    }
    // A question and an answer; four with an acknowledgement each.
    assert.ok(least >= 2 * ROUNDS && least < 3 * ROUNDS, `${least} packets for ${ROUNDS} questions`);
  });

  it('acknowledge what nobody answers, once and without being asked again', async () => {
    await pause(100);
    packets.sent = 0;
    const came = arrival(server, 100);
    await client.rpc.write(randomBytes(100));
    await came;
    await pause(300);
    assert.equal(packets.sent, 2, 'the message and its acknowledgement');
  });

  it('bring megabytes whole and in order, both ways at one time', async () => {
    const [up, down] = [randomBytes(8 * MIB), randomBytes(8 * MIB)];
    const [there, here] = [arrival(server, up.length), arrival(client, down.length)];
    const write = async (link: ControlLink, bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length; at += 100_000) await link.rpc.write(bytes.subarray(at, at + 100_000));
    };
    await Promise.all([write(client, up), write(server, down)]);
    assert.ok((await there).equals(up));
    assert.ok((await here).equals(down));
  });

  it('tell of the end at once', async () => {
    client.close('that was all');
    assert.equal(await server.closed, 'the other end closed: that was all');
  });
});
