import assert from 'node:assert/strict';
import type { Message } from 'vscode-jsonrpc/node';
import { hasOthers, noteStep } from '../../../../base/bulkTurns.ts';
import { Backlog, RPC_MESSAGE_BYTES_MAX, RpcReader, RpcWriter } from '../../../../daemons/fabric/rpcChannel.ts';
import { FrameInvalidError, frameHead } from '../../../../daemons/streams/frames.ts';
import { channelPair } from '../../../helpers/channelPair.ts';

const request = (id: number, more: object = {}) => ({ jsonrpc: '2.0', id, method: 'identity', ...more }) as Message;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const frameOf = (text: string) => Buffer.concat([frameHead(Buffer.byteLength(text)), Buffer.from(text)]);

/** A reader at one end of a channel, with what it got and the faults it threw. */
function listening() {
  const faults: string[] = [];
  const [near, far] = channelPair((why) => faults.push(why));
  const backlog = new Backlog();
  const got: Message[] = [];
  const listener = new RpcReader(near, backlog).listen((message) => got.push(message));
  return { near, far, backlog, got, faults, listener };
}

describe('JSON-RPC messages on a byte channel', () => {
  it('arrive as they were written, in their order, and those of one turn in one chunk', async () => {
    const { far, got, faults } = listening();
    const writer = new RpcWriter(far, new Backlog());
    const sent = [request(1), request(2, { params: { text: 'grüße\n\u0000' } }), request(3)];
    await Promise.all(sent.map((message) => writer.write(message)));
    while (got.length < sent.length) await turn();
    assert.deepEqual([got, faults, far.writes.length], [sent, [], 1]);
  });

  it('are steps that bulk leaves a time to, written as well as read', async () => {
    const { far, got } = listening();
    noteStep(Number.NEGATIVE_INFINITY);
    await new RpcWriter(far, new Backlog()).write(request(1));
    assert.ok(hasOthers(), 'written');
    noteStep(Number.NEGATIVE_INFINITY);
    while (got.length === 0) await turn();
    assert.ok(hasOthers(), 'read');
  });

  it('are read in whatever pieces they come', () => {
    const got: Message[] = [];
    let deliver = (_chunk: Uint8Array): void => {};
    const channel = {
      receive: (listener: typeof deliver) => {
        deliver = listener;
      },
      write: async () => {},
    };
    new RpcReader(channel, new Backlog()).listen((message) => got.push(message));
    for (const byte of Buffer.concat([frameOf(JSON.stringify(request(1))), frameOf(JSON.stringify(request(2)))])) {
      deliver(Uint8Array.of(byte));
    }
    assert.deepEqual(got, [request(1), request(2)]);
  });

  for (const [what, body, says] of [
    ['no JSON', '{"jsonrpc":', /is not JSON$/],
    ['no object', '"2.0"', /is not JSON-RPC 2\.0/],
    ['null', 'null', /is not JSON-RPC 2\.0/],
    ['a list, as batches are', '[{"jsonrpc":"2.0","method":"x"}]', /is not JSON-RPC 2\.0/],
    ['another version', '{"jsonrpc":"1.0","method":"x"}', /is not JSON-RPC 2\.0/],
    ['a version as a number', '{"jsonrpc":2.0,"method":"x"}', /is not JSON-RPC 2\.0/],
  ] as const) {
    it(`end the link when one is ${what}`, async () => {
      const { far, got, faults } = listening();
      await far.write(frameOf(body));
      assert.equal(got.length, 0);
      assert.match(faults.join(), says);
    });
  }

  it('end the link when one says that it is longer than allowed, before it came', async () => {
    const { far, faults } = listening();
    await far.write(frameHead(RPC_MESSAGE_BYTES_MAX + 1));
    assert.match(faults.join(), /1048577 bytes/);
  });

  it('are refused to the writer when they are too long, and the next one is sent', async () => {
    const { far, got } = listening();
    const writer = new RpcWriter(far, new Backlog());
    const empty = Buffer.byteLength(JSON.stringify(request(1, { params: [''] })));
    const long = request(1, { params: ['x'.repeat(RPC_MESSAGE_BYTES_MAX - empty)] });
    await writer.write(long);
    await assert.rejects(
      writer.write(request(1, { params: ['x'.repeat(RPC_MESSAGE_BYTES_MAX - empty + 1)] })),
      (error) => error instanceof FrameInvalidError && /1048577 bytes; 1048576 are allowed/.test(error.message),
    );
    await writer.write(request(2));
    while (got.length < 2) await turn();
    assert.deepEqual(got, [long, request(2)]);
  });

  it('do not reach a listener that was disposed, nor count for it', async () => {
    const { far, got, backlog, listener } = listening();
    listener.dispose();
    await far.write(frameOf(JSON.stringify(request(1))));
    assert.deepEqual([got, backlog.waiting], [[], 0]);
  });

  it('are not sent after the end', async () => {
    const { far, got } = listening();
    const writer = new RpcWriter(far, new Backlog());
    writer.end();
    await writer.write(request(1));
    await turn();
    await turn();
    assert.deepEqual([got, far.writes], [[], []]);
  });
});

describe('the backlog of a connection', () => {
  it('counts the messages that arrived and were not begun, cancellations aside', async () => {
    const { far, backlog } = listening();
    const cancellation = { jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } } as Message;
    for (const message of [request(1), cancellation, request(2)]) await far.write(frameOf(JSON.stringify(message)));
    assert.equal(backlog.waiting, 2);
    backlog.begun(cancellation);
    backlog.begun(request(1));
    assert.equal(backlog.waiting, 1);
  });

  it('holds an answer back while more are waiting, so that they leave together', async () => {
    const { far } = listening();
    const backlog = new Backlog();
    const writer = new RpcWriter(far, backlog);
    backlog.arrived(request(1));
    backlog.arrived(request(2));
    backlog.begun(request(1));
    await writer.write(request(1));
    await turn();
    assert.equal(far.writes.length, 0);
    backlog.begun(request(2));
    await writer.write(request(2));
    await turn();
    assert.equal(far.writes.length, 1);
  });
});
