import assert from 'node:assert/strict';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { EventStream } from '../../../../daemons/kit/eventStream.ts';

describe('a stream of events', () => {
  it('has its events, one in pieces, and nothing after the last', async () => {
    const stream = new EventStream();
    stream.send({ event: 'log', data: { text: 'a\nb' } });
    stream.sendPieces('end', [Buffer.from('{"a":'), '1}']);
    stream.finish({ event: 'closed', data: {} });
    stream.send({ event: 'late', data: {} });
    stream.finish();
    assert.equal(
      await text(stream),
      'event: log\ndata: {"text":"a\\nb"}\n\nevent: end\ndata: {"a":1}\n\nevent: closed\ndata: {}\n\n',
    );
  });

  it('says now and then that it lives', async () => {
    const stream = new EventStream({ pingMs: 1 });
    const [first] = await once(stream, 'data');
    assert.equal(String(first), ': ping\n\n');
    stream.destroy();
    await once(stream, 'close');
  });

  it('tells when its reader leaves too much unread, keeps to that, and still ends', async () => {
    let slow = 0;
    const stream = new EventStream({ unread: 100, tooSlow: () => (slow += 1) });
    for (let at = 0; at < 50; at += 1) stream.send({ event: 'log', data: { text: 'x'.repeat(40) } });
    assert.ok(slow > 40 && stream.readableLength < 250, `${slow} ${stream.readableLength}`);
    stream.finish({ event: 'closed', data: { reason: 'too_slow' } });
    assert.match(await text(stream), /event: closed\ndata: \{"reason":"too_slow"\}\n\n$/);
  });

  it('takes nothing once it is destroyed', async () => {
    const stream = new EventStream({ pingMs: 1 });
    stream.destroy();
    await once(stream, 'close');
    stream.send({ event: 'log', data: {} });
    stream.sendPieces('end', ['x']);
    stream.finish();
    assert.equal(stream.readableLength, 0);
  });
});
