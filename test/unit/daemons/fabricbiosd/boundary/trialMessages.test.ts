import assert from 'node:assert/strict';
import { FrameReader, frame, jsonFrame } from '../../../../../daemons/fabricbiosd/boundary/trialMessages.ts';

/** Frames as they are read, in pieces of this size. */
function readIn(stream: Buffer, size: number, longest = 100): string[] {
  const got: string[] = [];
  const reader = new FrameReader(longest, (bytes) => got.push(Buffer.from(bytes).toString('latin1')));
  for (let at = 0; at < stream.length; at += size) reader.take(stream.subarray(at, at + size));
  return got;
}

describe('frames of a trial', () => {
  const bodies = ['', 'a', '', 'hello', 'x'.repeat(100), ''];
  const stream = Buffer.concat(bodies.flatMap((body) => frame(Buffer.from(body))));

  it('are read in pieces of every size, empty ones too', () => {
    for (let size = 1; size <= stream.length; size++) assert.deepEqual(readIn(stream, size), bodies, `${size} bytes`);
  });

  it('have the length of all their parts, little-endian', () => {
    const [head] = frame(Buffer.alloc(200), Buffer.alloc(100));
    assert.deepEqual([...(head ?? [])], [44, 1, 0, 0]);
  });

  it('take a part that is a view of a larger buffer without the bytes around it', () => {
    const view = new Uint8Array(Buffer.from('..ab..')).subarray(2, 4);
    assert.deepEqual(readIn(Buffer.concat(frame(view)), 7), ['ab']);
  });

  it('throw at the length of one that is too long, before there is memory for it', () => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(0xffff_ffff);
    assert.throws(() => readIn(head, 4), /a frame of 4294967295 bytes/);
    assert.throws(() => readIn(Buffer.concat(frame(Buffer.alloc(101))), 4), /a frame of 101 bytes/);
  });

  it('do not change when the chunk they came in is used again', () => {
    const got: Uint8Array[] = [];
    const reader = new FrameReader(10, (bytes) => got.push(bytes));
    const chunk = Buffer.concat(frame(Buffer.from('kept')));
    reader.take(chunk);
    chunk.fill(0);
    assert.equal(Buffer.from(got[0] ?? []).toString(), 'kept');
  });

  it('carry a request as JSON', () => {
    const request = { kind: 'optimize' as const, functions: [3, 1] };
    assert.deepEqual(JSON.parse(readIn(Buffer.concat(jsonFrame(request)), 5)[0] ?? ''), request);
  });
});
