import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { createFabricConnection } from '../../../../daemons/fabric/fabricConnection.ts';
import { CoalescingWriter } from '../../../../daemons/streams/coalescingWriter.ts';
import { linkPair } from '../../../helpers/channelPair.ts';

/** Stops the clock of this process until it is disposed of. */
function stillClock(): Disposable {
  const { now } = performance;
  const at = performance.now();
  performance.now = () => at;
  return {
    [Symbol.dispose]() {
      performance.now = now;
    },
  };
}

describe('frames of one turn of the event loop', () => {
  it('leave in one write', async () => {
    const writes: string[] = [];
    const writer = new CoalescingWriter(async (chunk) => void writes.push(Buffer.from(chunk).toString()));
    for (const text of ['a', 'b', 'c']) writer.push(Buffer.from(text));
    queueMicrotask(() => writer.push(Buffer.from('d')));
    await writer.drained(0);
    writer.push(Buffer.from('e'));
    await writer.drained(0);
    assert.deepEqual(writes, ['abcd', 'e']);
  });

  it('that come while a write is under way leave together after it', async () => {
    const writes: string[] = [];
    let release = () => {};
    const writer = new CoalescingWriter((chunk) => {
      writes.push(Buffer.from(chunk).toString());
      return new Promise((resolve) => {
        release = resolve;
      });
    });
    writer.push(Buffer.from('1'));
    await turn();
    await turn();
    writer.push(Buffer.from('2'));
    await turn();
    writer.push(Buffer.from('3'));
    await turn();
    assert.deepEqual(writes, ['1']);
    assert.equal(writer.pending, 2);
    release();
    await turn();
    await turn();
    assert.deepEqual(writes, ['1', '23']);
    release();
  });

  it('are dropped after a failed write, and nobody waits for them', async () => {
    const writer = new CoalescingWriter(async () => {
      throw new Error('gone');
    });
    writer.push(Buffer.from('x'));
    await turn();
    await turn();
    writer.push(Buffer.from('y'));
    await writer.drained(0);
    assert.equal(writer.pending, 0);
  });

  it('carry 32 requests in one write and their 32 answers in one', async () => {
    // A chunk is held back for a time too, which a busy machine would use up.
    using _clock = stillClock();
    const [clientLink, serverLink] = linkPair();
    const client = createFabricConnection(clientLink).rpc;
    const server = createFabricConnection(serverLink).rpc;
    server.onRequest('double', (n: number) => 2 * n);
    server.listen();
    client.listen();
    const answers = await Promise.all(Array.from({ length: 32 }, (_, n) => client.sendRequest<number>('double', n)));
    assert.deepEqual(
      answers,
      Array.from({ length: 32 }, (_, n) => 2 * n),
    );
    assert.equal(clientLink.rpc.writes.length, 1, 'writes of the client');
    assert.equal(serverLink.rpc.writes.length, 1, 'writes of the server');
    clientLink.close('done');
  });

  it('do not wait for an answer that takes long', async () => {
    const [clientLink, serverLink] = linkPair();
    const client = createFabricConnection(clientLink).rpc;
    const server = createFabricConnection(serverLink).rpc;
    let finish = () => {};
    server.onRequest('slow', () => new Promise<string>((resolve) => (finish = () => resolve('slow'))));
    server.onRequest('quick', () => 'quick');
    server.listen();
    client.listen();
    const slow = client.sendRequest('slow');
    assert.equal(await client.sendRequest('quick'), 'quick');
    finish();
    assert.equal(await slow, 'slow');
    clientLink.close('done');
  });
});

describe('a malformed message', () => {
  for (const [what, body, reason] of [
    ['is not JSON', '{', /not JSON/],
    ['is JSON but not JSON-RPC', '{"method":"identity","id":1}', /not JSON-RPC 2\.0/],
    ['is a bare null', 'null', /not JSON-RPC 2\.0/],
  ] as const) {
    it(`that ${what} closes the link with the reason`, async () => {
      const [clientLink, serverLink] = linkPair();
      createFabricConnection(serverLink).rpc.listen();
      const bytes = Buffer.from(body);
      const head = Buffer.alloc(4);
      head.writeUInt32BE(bytes.length);
      await clientLink.rpc.write(Buffer.concat([head, bytes]));
      assert.match(await serverLink.closed, reason);
    });
  }
});
