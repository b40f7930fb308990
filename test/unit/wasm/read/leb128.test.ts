import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ByteWriter } from '../../../../wasm/meter/byteWriter.ts';
import { BinaryReader } from '../../../../wasm/read/binaryReader.ts';
import { afterNumber, byteLength, signedAt, skipSigned, skipU32, u32At } from '../../../../wasm/read/leb128.ts';
import { WasmInvalidError } from '../../../../wasm/read/wasmInvalid.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const malformed = (offset: number, says: RegExp) => (error: unknown) =>
  error instanceof WasmInvalidError &&
  error.reason === 'malformed' &&
  error.offset === offset &&
  says.test(error.message);

/** The encoding as the specification writes it, not as our own writer does. */
function leb(value: bigint, isSigned: boolean): Buffer {
  const out: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const byte = Number(rest & 0x7fn);
    const left = rest >> 7n;
    const isLast = isSigned ? (left === 0n && byte < 64) || (left === -1n && byte >= 64) : left === 0n;
    out.push(isLast ? byte : byte | 0x80);
    if (isLast) return Buffer.from(out);
  }
}

describe('unsigned numbers in LEB128', () => {
  it('are read, skipped and measured alike at each edge', () => {
    for (const value of [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 2 ** 28 - 1, 2 ** 28, 2 ** 32 - 1]) {
      const encoded = Buffer.concat([leb(BigInt(value), false), Buffer.of(0xff)]);
      const end = encoded.length - 1;
      assert.equal(u32At(encoded, 0), value);
      assert.deepEqual([afterNumber(encoded, 0), skipU32(encoded, 0, end), byteLength(value)], [end, end, end]);
      assert.equal(new BinaryReader(encoded).u32(), value);
    }
  });

  it('may be longer than they need be, up to five bytes', () => {
    assert.equal(u32At(bytes('83 80 80 80 00'), 0), 3);
    assert.equal(skipU32(bytes('83 80 80 80 00'), 0, 5), 5);
  });

  for (const [what, encoded, offset, says] of [
    ['nothing', '', 0, /unexpected end/],
    ['cut off', '80 80', 2, /unexpected end/],
    ['of six bytes', '80 80 80 80 80 00', 0, /too long/],
    ['2^32', '80 80 80 80 10', 0, /too large/],
    ['with unused bits set in the fifth byte', 'ff ff ff ff 7f', 0, /too large/],
  ] as const) {
    it(`are refused: ${what}`, () => {
      const at = bytes(encoded);
      assert.throws(() => skipU32(at, 0, at.length), malformed(offset, says));
      assert.throws(() => new BinaryReader(at).u32(), WasmInvalidError);
    });
  }

  it('end where their bounds say, though more bytes follow', () => {
    assert.throws(() => skipU32(bytes('80 01'), 0, 1), malformed(1, /unexpected end/));
  });
});

describe('signed numbers in LEB128', () => {
  const edges = (bits: bigint) => [0n, 1n, 63n, 64n, -1n, -64n, -65n, 2n ** (bits - 1n) - 1n, -(2n ** (bits - 1n))];

  for (const bits of [32, 33, 64]) {
    it(`of ${bits} bits are taken up to their edges, and refused beyond`, () => {
      for (const value of edges(BigInt(bits))) {
        const encoded = leb(value, true);
        assert.equal(skipSigned(encoded, 0, encoded.length, bits), encoded.length, String(value));
      }
      for (const value of [2n ** BigInt(bits - 1), -(2n ** BigInt(bits - 1)) - 1n]) {
        const encoded = leb(value, true);
        assert.throws(() => skipSigned(encoded, 0, encoded.length, bits), malformed(0, /too (?:large|long)/));
      }
    });
  }

  it('are refused when their last byte neither repeats the sign nor ends them', () => {
    // The i32 -1 in five bytes has 7f at its end; 4f and 3f have other bits where the sign is due.
    assert.equal(skipSigned(bytes('ff ff ff ff 7f'), 0, 5, 32), 5);
    for (const last of ['4f', '3f', '08', '70']) {
      assert.throws(() => skipSigned(bytes(`ff ff ff ff ${last}`), 0, 5, 32), malformed(0, /too large/), last);
    }
    assert.throws(() => skipSigned(bytes('ff ff ff ff ff 7f'), 0, 6, 32), malformed(0, /too long/));
    assert.throws(() => skipSigned(bytes('ff'), 0, 1, 32), malformed(1, /unexpected end/));
  });

  it('are read from encodings that are longer than they need be', () => {
    for (const [encoded, value] of [
      ['ff ff ff ff ff ff ff ff ff 7f', -1],
      ['80 80 80 80 80 80 80 80 80 00', 0],
      ['81 80 80 80 80 80 80 f0 ff 7f', Number.MIN_SAFE_INTEGER],
    ] as const) {
      assert.equal(signedAt(bytes(encoded), 0), value);
    }
  });

  it('are the ones that were written, whichever side of zero', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const out = new ByteWriter(0);
        out.signed(value);
        assert.deepEqual(Buffer.from(out.written()), leb(BigInt(value), true));
        assert.equal(signedAt(out.written(), 0), value);
      }),
      { numRuns: 500 },
    );
  });
});
