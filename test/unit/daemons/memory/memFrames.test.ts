import assert from 'node:assert/strict';
import {
  MEM,
  MEM_BODY_BYTES_MAX,
  MEM_CHUNK_BYTES_MAX,
  memFrame,
  offsetField,
  parseMemFrame,
  rangeFields,
  readU64,
} from '../../../../daemons/memory/memFrames.ts';
import { FrameInvalidError, FrameReader } from '../../../../daemons/streams/frames.ts';

/** The frames as the other end reads them. */
function received(...frames: Uint8Array[][]) {
  const got: Array<{ type: number; id: number; rest: string }> = [];
  new FrameReader(MEM_BODY_BYTES_MAX, (body) => {
    const { type, id, rest } = parseMemFrame(body);
    got.push({ type, id, rest: rest.toString('hex') });
  }).push(Buffer.concat(frames.flat()));
  return got;
}

describe('frames of the memory data plane', () => {
  it('are read as they were written, with fields, data, both and neither', () => {
    assert.deepEqual(
      received(
        memFrame(MEM.ping, 1),
        memFrame(MEM.write, 0xffff_ffff, offsetField(258), Uint8Array.of(1, 2)),
        memFrame(MEM.data, 2, undefined, Uint8Array.of(3)),
        memFrame(MEM.changed, 3, rangeFields(1, 2 ** 53 - 1)),
      ),
      [
        { type: MEM.ping, id: 1, rest: '' },
        { type: MEM.write, id: 0xffff_ffff, rest: '00000000000001020102' },
        { type: MEM.data, id: 2, rest: '03' },
        { type: MEM.changed, id: 3, rest: '0000000000000001001fffffffffffff' },
      ],
    );
  });

  it('are as docs/internals/mem-dataplane.md has them, byte for byte', () => {
    const bytes = Buffer.concat(memFrame(MEM.read, 7, rangeFields(16, 32))).toString('hex');
    assert.equal(bytes, `00000015${'02'}00000007${'0000000000000010'}${'0000000000000020'}`);
  });

  it('fit the bound of a body with the largest chunk', () => {
    const chunk = new Uint8Array(MEM_CHUNK_BYTES_MAX);
    assert.equal(received(memFrame(MEM.write, 1, offsetField(0), chunk)).length, 1);
  });

  it('do not copy their data', () => {
    const data = Uint8Array.of(1);
    assert.equal(memFrame(MEM.data, 1, undefined, data)[1], data);
  });

  it('are refused when they are too short for a type and an id', () => {
    for (let length = 0; length < 5; length++) {
      assert.throws(() => parseMemFrame(Buffer.alloc(length)), FrameInvalidError);
    }
    assert.deepEqual(parseMemFrame(Buffer.alloc(5)), { type: 0, id: 0, rest: Buffer.alloc(0) });
  });
});

describe('a number of 64 bits', () => {
  it('is itself up to the largest safe integer, and infinite above, so that it fits no lease', () => {
    const rows: Array<[bits: bigint, number: number]> = [
      [0n, 0],
      [2n ** 32n, 2 ** 32],
      [2n ** 53n - 1n, Number.MAX_SAFE_INTEGER],
      [2n ** 53n, Number.POSITIVE_INFINITY],
      [2n ** 64n - 1n, Number.POSITIVE_INFINITY],
    ];
    for (const [bits, number] of rows) {
      const bytes = Buffer.alloc(9);
      bytes.writeBigUInt64BE(bits, 1);
      assert.equal(readU64(bytes, 1), number);
    }
  });

  it('is refused when it is cut off', () => {
    for (const length of [0, 7, 8]) assert.throws(() => readU64(Buffer.alloc(length), 1), FrameInvalidError);
  });
});
