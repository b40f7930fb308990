import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { BlobPairing, type PairableLink } from '../../../../daemons/fabric/blobPairing.ts';
import { blobTokenFrame } from '../../../../daemons/fabric/blobToken.ts';
import type { PeerIdentity } from '../../../../daemons/peers/peerCertificate.ts';

const peerOf = (thumbprint: string) => ({ role: 'scheduler', name: 's', x5tS256: thumbprint }) as PeerIdentity;
const A = peerOf('a');
const B = peerOf('b');
const tokenOf = (frame: Uint8Array) => Buffer.from(frame.subarray(4)).toString('hex');
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A socket whose peer is the test. The pairing needs of TLS only that it is a stream. */
class Socket extends Duplex {
  override _read(): void {}

  asTls(): TLSSocket {
    return this as unknown as TLSSocket;
  }

  async comes(...chunks: Uint8Array[]): Promise<void> {
    for (const chunk of chunks) {
      this.push(chunk);
      await turn();
    }
  }
}

class Link implements PairableLink {
  readonly peer: PeerIdentity;
  readonly address = 'host:1';
  attached: { socket: unknown; early: string } | undefined;
  closeReason: string | undefined;
  readonly closed: Promise<string>;
  #end: (why: string) => void = () => {};

  constructor(peer: PeerIdentity) {
    this.peer = peer;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  attachBlobs(socket: unknown, early: readonly Uint8Array[]): void {
    assert.equal(this.attached, undefined, 'attached twice');
    this.attached = { socket, early: Buffer.concat(early).toString() };
  }

  close(reason: string): void {
    this.closeReason = reason;
    this.#end(reason);
  }
}

function pairing() {
  const refused: string[] = [];
  return { pairs: new BlobPairing((address, why) => refused.push(`${address} ${why}`)), refused };
}

describe('blobs beside a link', () => {
  it('are joined with it by its token, whichever comes first, with the bytes that came early', async () => {
    for (const order of ['link first', 'socket first']) {
      const { pairs, refused } = pairing();
      const frame = blobTokenFrame();
      const link = new Link(A);
      const socket = new Socket();
      const show = () => pairs.addLink(link).shown(tokenOf(frame));
      if (order === 'link first') show();
      pairs.addSocket(socket.asTls(), A, 'host:2');
      await socket.comes(
        frame.subarray(0, 3),
        Buffer.concat([frame.subarray(3), Buffer.from('ear')]),
        Buffer.from('ly'),
      );
      if (order === 'socket first') show();
      assert.equal(link.attached?.socket, socket, order);
      assert.match(link.attached.early, order === 'link first' ? /^ear$/ : /^early$/);
      assert.deepEqual([refused, socket.destroyed, socket.listenerCount('data')], [[], false, 0]);
      pairs.close();
    }
  });

  it('are never joined with a link of another certificate, though it shows the same token', async () => {
    const { pairs } = pairing();
    const frame = blobTokenFrame();
    const link = new Link(A);
    pairs.addLink(link).shown(tokenOf(frame));
    const thief = new Socket();
    pairs.addSocket(thief.asTls(), B, 'thief:1');
    await thief.comes(frame);
    assert.equal(link.attached, undefined);
    const own = new Socket();
    pairs.addSocket(own.asTls(), A, 'host:2');
    await own.comes(frame);
    assert.equal((link as Link).attached?.socket, own);
    pairs.close();
  });

  it('are refused when their token was shown before, while its link waits and while it lives', async () => {
    const { pairs, refused } = pairing();
    const frame = blobTokenFrame();
    const link = new Link(A);
    pairs.addLink(link).shown(tokenOf(frame));
    const twin = new Link(A);
    pairs.addLink(twin).shown(tokenOf(frame));
    assert.match(twin.closeReason ?? '', /shown before/);
    const sockets = [new Socket(), new Socket()];
    for (const socket of sockets) {
      pairs.addSocket(socket.asTls(), A, 'host:2');
      await socket.comes(frame);
    }
    assert.deepEqual(
      sockets.map(({ destroyed }) => destroyed),
      [false, true],
    );
    assert.equal(refused.length, 2);
    link.close('over');
    await turn();
    const later = new Link(A);
    pairs.addLink(later).shown(tokenOf(frame));
    assert.equal(later.closeReason, undefined, 'the token of a link that is gone is free');
    pairs.close();
  });

  it('are refused when they do not begin with a token, and when the link does not', async () => {
    const { pairs, refused } = pairing();
    const socket = new Socket();
    pairs.addSocket(socket.asTls(), A, 'host:2');
    await socket.comes(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    const link = new Link(A);
    pairs.addLink(link).invalid('no token');
    assert.deepEqual([socket.destroyed, link.closeReason], [true, 'no token']);
    assert.match(refused[0] ?? '', /^host:2 a first frame of \d+ bytes where a token of 32 is due$/);
    assert.equal(refused[1], 'host:1 no token');
  });

  it('wait in a bounded number for each certificate, links and sockets apart', () => {
    const { pairs, refused } = pairing();
    const links = Array.from({ length: 33 }, () => new Link(A));
    for (const link of links) pairs.addLink(link);
    const sockets = Array.from({ length: 33 }, () => new Socket());
    for (const socket of sockets) pairs.addSocket(socket.asTls(), A, 'host:2');
    const other = new Link(B);
    pairs.addLink(other);
    assert.deepEqual(
      [links.filter((link) => link.closeReason !== undefined), sockets.filter((socket) => socket.destroyed)],
      [links.slice(32), sockets.slice(32)],
    );
    assert.equal(other.closeReason, undefined);
    assert.equal(refused.length, 2);
    pairs.close();
  });

  it('make room when one that waited is gone', async () => {
    const { pairs, refused } = pairing();
    const links = Array.from({ length: 32 }, () => new Link(A));
    for (const link of links) pairs.addLink(link);
    links[0]?.close('gone');
    await turn();
    pairs.addLink(new Link(A));
    assert.deepEqual(refused, []);
    pairs.close();
  });

  it('are not read without end before their link is there', async () => {
    const { pairs } = pairing();
    const frame = blobTokenFrame();
    const socket = new Socket();
    pairs.addSocket(socket.asTls(), A, 'host:2');
    await socket.comes(frame, Buffer.alloc(255 * 1024));
    assert.equal(socket.isPaused(), false);
    await socket.comes(Buffer.alloc(1024));
    assert.equal(socket.isPaused(), true);
    pairs.close();
  });
});
