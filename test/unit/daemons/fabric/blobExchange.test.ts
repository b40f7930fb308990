import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import {
  BLOB_BYTES_MAX,
  BLOB_WINDOW_BYTES,
  BlobExchange,
  INLINE_BYTES_MAX,
  PayloadInvalidError,
} from '../../../../daemons/fabric/blobExchange.ts';
import { FrameReader, frameHead } from '../../../../daemons/streams/frames.ts';
import type { Payload } from '../../../../daemons/wire/fabricControl.ts';
import { channelPair, type PairedChannel } from '../../../helpers/channelPair.ts';

const MIB = 1024 * 1024;

function pattern(bytes: number, seed: number): Buffer {
  const out = Buffer.alloc(bytes);
  for (let at = 0, x = seed; at < bytes; at++) {
    x = (x * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    out[at] = x >> 16;
  }
  return out;
}

/** Ids of the data frames that were written, in their order. */
function idsWritten(channel: PairedChannel): number[] {
  const ids: number[] = [];
  const reader = new FrameReader(1 * MIB, (body) => {
    if (body[4] === 1) ids.push(body.readUInt32BE(0));
  });
  for (const chunk of channel.writes) reader.push(chunk);
  return ids;
}

function isPayloadInvalid(code: string, message: RegExp) {
  return (error: unknown) => error instanceof PayloadInvalidError && error.code === code && message.test(error.message);
}

describe('payloads', () => {
  it('travel inside the message up to the threshold, else as a blob, both ways', async () => {
    const [a, b] = channelPair();
    const [left, right] = [new BlobExchange(a), new BlobExchange(b)];
    for (const [size, kind] of [
      [0, 'inline_b64'],
      [1, 'inline_b64'],
      [INLINE_BYTES_MAX, 'inline_b64'],
      [INLINE_BYTES_MAX + 1, 'blob'],
      [16 * MIB, 'blob'],
    ] as const) {
      const bytes = pattern(size, size + 1);
      for (const [from, to] of [
        [left, right],
        [right, left],
      ] as const) {
        const payload = from.send(bytes);
        assert.ok(kind in payload, `${size} bytes`);
        assert.ok(bytes.equals(await to.receive(payload, 32 * MIB)), `${size} bytes`);
      }
    }
  });

  it('can be asked for before and after they have come', async () => {
    const [a, b] = channelPair();
    const [left, right] = [new BlobExchange(a), new BlobExchange(b)];
    const bytes = pattern(100_000, 7);
    const early = right.receive({ blob: 1, size: bytes.length }, MIB);
    left.send(bytes);
    assert.ok(bytes.equals(await early));
    const payload = left.send(bytes);
    while (a.writes.length < 6) await turn();
    await turn();
    assert.ok(bytes.equals(await right.receive(payload, MIB)));
  });

  it('take turns: a small one is there before a big one that began earlier', async () => {
    const [a, b] = channelPair();
    const [left, right] = [new BlobExchange(a), new BlobExchange(b)];
    const big = left.send(pattern(8 * MIB, 1));
    const small = left.send(pattern(40_000, 2));
    const ended: string[] = [];
    await Promise.all([
      right.receive(big, 32 * MIB).then(() => ended.push('big')),
      right.receive(small, MIB).then(() => ended.push('small')),
    ]);
    assert.deepEqual(ended, ['small', 'big']);
    assert.ok(idsWritten(a).indexOf(2) <= 2, 'the small blob was sent within the first chunks');
  });

  it('never have more on the way than the window, and all arrive once they are taken', async () => {
    const [a, b] = channelPair();
    const [left, right] = [new BlobExchange(a), new BlobExchange(b)];
    const bytes = Buffer.alloc(BLOB_BYTES_MAX, 5);
    const payloads = Array.from({ length: 4 }, () => left.send(bytes));
    const sent = () => a.writes.reduce((sum, chunk) => sum + chunk.length, 0);
    for (let before = -1; before !== sent(); ) {
      before = sent();
      for (let turns = 0; turns < 10; turns++) await turn();
    }
    assert.deepEqual([...new Set(idsWritten(a))], [1, 2], 'only what fits the window was begun');
    assert.ok(sent() < BLOB_WINDOW_BYTES + MIB);
    // In another order than they were sent.
    for (const payload of [payloads[1], payloads[0], payloads[2], payloads[3]] as Payload[]) {
      assert.equal((await right.receive(payload, BLOB_BYTES_MAX)).length, bytes.length);
    }
  });

  it('that nobody wants do not count against the window', async () => {
    const [a, b] = channelPair();
    const [left, right] = [new BlobExchange(a), new BlobExchange(b)];
    const bytes = Buffer.alloc(BLOB_BYTES_MAX, 5);
    for (let n = 0; n < 3; n++) right.discard(left.send(bytes));
    const wanted = left.send(bytes);
    assert.equal((await right.receive(wanted, BLOB_BYTES_MAX)).length, bytes.length);
  });

  it('are refused when they are too long, wrong, or taken twice', async () => {
    const [a, b] = channelPair();
    const [left, right] = [new BlobExchange(a), new BlobExchange(b)];
    const payload = left.send(pattern(100_000, 3)) as { blob: number; size: number };
    await assert.rejects(right.receive({ inline_b64: 'AAAA' }, 2), isPayloadInvalid('too_large', /3 bytes; at most 2/));
    await assert.rejects(right.receive({ inline_b64: 'A*==' }, 9), isPayloadInvalid('bad_request', /not base64/));
    await assert.rejects(right.receive({ inline_b64: 'AB==\n' }, 9), isPayloadInvalid('bad_request', /not base64/));
    await assert.rejects(
      right.receive({ ...payload, size: 99_999 }, MIB),
      isPayloadInvalid('bad_request', /has 100000 bytes, not 99999/),
    );
    await assert.rejects(right.receive(payload, MIB), isPayloadInvalid('bad_request', /taken before/));
    await assert.rejects(right.receive(left.send(pattern(MIB, 4)), MIB - 1), isPayloadInvalid('too_large', /at most/));
    assert.throws(() => left.send(Buffer.alloc(BLOB_BYTES_MAX + 1)), isPayloadInvalid('too_large', /at most/));
    const waiting = right.receive({ blob: 99, size: 5 }, MIB);
    await assert.rejects(right.receive({ blob: 99, size: 5 }, MIB), isPayloadInvalid('bad_request', /named twice/));
    right.end('the link closed');
    await assert.rejects(waiting, isPayloadInvalid('bad_request', /the link closed/));
  });
});

describe('a bad blob frame closes the link', () => {
  const blob = (id: number, kind: number, ...data: number[]) => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(id);
    head[4] = kind;
    return Buffer.concat([frameHead(5 + data.length, head), Buffer.from(data)]);
  };
  const open = (id: number, size: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(size);
    return blob(id, 0, ...bytes);
  };
  for (const [what, frames, reason] of [
    ['no kind', [Buffer.from([0, 0, 0, 4, 0, 0, 0, 1])], /frame of 4 bytes/],
    ['an unknown kind', [blob(1, 9)], /kind 9/],
    ['data of a blob that is not open', [blob(1, 1, 1)], /not open/],
    ['more data than announced', [open(1, 2), blob(1, 1, 1, 2, 3)], /more bytes than it announced/],
    ['data without bytes', [open(1, 2), blob(1, 1)], /more bytes than it announced/],
    ['data after the end', [open(1, 1), blob(1, 1, 1), blob(1, 1, 1)], /not open/],
    ['a blob of no bytes', [open(1, 0)], /blob of 0 bytes/],
    ['a blob above the bound', [open(1, BLOB_BYTES_MAX + 1)], /blob of 33554433 bytes/],
    ['an id out of order', [open(2, 1)], /out of order/],
    ['an id used again', [open(1, 1), open(1, 1)], /out of order/],
    ['more than the window', [open(1, BLOB_BYTES_MAX), open(2, BLOB_BYTES_MAX), open(3, 1)], /window/],
    ['credit nobody needs', [blob(0, 2, 0, 0, 0, 1)], /more credit/],
    ['malformed credit', [blob(1, 2, 0, 0, 0, 0)], /malformed credit/],
    ['a frame that is too long', [Buffer.from([0, 16, 0, 0])], /bytes where 5 to/],
  ] as const) {
    it(what, async () => {
      const faults: string[] = [];
      const [a, b] = channelPair((why) => faults.push(why));
      new BlobExchange(b);
      for (const frame of frames) await a.write(frame);
      assert.equal(faults.length, 1);
      assert.match(faults[0] ?? '', reason);
    });
  }
});
