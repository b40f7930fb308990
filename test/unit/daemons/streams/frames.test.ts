import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FrameInvalidError, FrameReader, frameHead } from '../../../../daemons/streams/frames.ts';

const encode = (bodies: Uint8Array[]) => Buffer.concat(bodies.flatMap((body) => [frameHead(body.length), body]));

describe('frames', () => {
  it('come out as they went in, wherever the stream is cut', () => {
    const body = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(body, { maxLength: 12 }), fc.array(fc.nat(30), { minLength: 1 }), (bodies, cuts) => {
        const stream = encode(bodies);
        const out: Buffer[] = [];
        const reader = new FrameReader(40, (frame) => out.push(Buffer.from(frame)));
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = 1 + (cuts[turn % cuts.length] ?? 0);
          reader.push(stream.subarray(at, at + size));
          at += size;
        }
        assert.deepEqual(
          out,
          bodies.map((bytes) => Buffer.from(bytes)),
        );
      }),
    );
  });

  for (const [what, stream, message] of [
    ['an empty body', [0, 0, 0, 0], /0 bytes/],
    ['a body one byte too long', [0, 0, 0, 41], /41 bytes/],
    ['text of another protocol', [...Buffer.from('GET / HTTP/1.1\r\n')], /bytes where 1 to 40/],
  ] as const) {
    it(`refuse ${what} before it is there`, () => {
      const reader = new FrameReader(40, () => assert.fail('a frame came out'));
      assert.throws(
        () => reader.push(Uint8Array.from(stream)),
        (error) => error instanceof FrameInvalidError && message.test(error.message),
      );
    });
  }
});
