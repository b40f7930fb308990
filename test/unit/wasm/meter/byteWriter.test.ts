import assert from 'node:assert/strict';
import { ByteWriter } from '../../../../wasm/meter/byteWriter.ts';
import { BinaryReader } from '../../../../wasm/read/binaryReader.ts';

const hexOf = (write: (out: ByteWriter) => void) => {
  const out = new ByteWriter(0);
  write(out);
  return Buffer.from(out.written()).toString('hex');
};

describe('the writer of bytes', () => {
  it('writes numbers in their shortest form, above 31 bits too', () => {
    for (const [value, hex] of [
      [0, '00'],
      [127, '7f'],
      [128, '8001'],
      [2 ** 31, '8080808008'],
      [2 ** 32 - 1, 'ffffffff0f'],
    ] as const) {
      assert.equal(
        hexOf((out) => out.u32(value)),
        hex,
      );
    }
  });

  it('writes a number in as many bytes as are asked for, and more where it needs them', () => {
    assert.equal(
      hexOf((out) => out.u32Wide(0, 5)),
      '8080808000',
    );
    assert.equal(
      hexOf((out) => out.u32Wide(300, 3)),
      'ac8200',
    );
    assert.equal(
      hexOf((out) => out.u32Wide(300, 1)),
      'ac02',
    );
    for (const value of [0, 127, 128, 2 ** 32 - 1]) {
      const out = new ByteWriter(0);
      out.u32Wide(value, 5);
      assert.deepEqual([new BinaryReader(out.written()).u32(), out.length], [value, 5]);
    }
  });

  it('writes signed numbers at the edges of a byte, of 32 bits and of safe integers', () => {
    for (const [value, hex] of [
      [63, '3f'],
      [64, 'c000'],
      [-64, '40'],
      [-65, 'bf7f'],
      [2 ** 30 - 1, 'ffffffff03'],
      [2 ** 30, '8080808004'],
      [-(2 ** 30), '808080807c'],
      [2 ** 31 - 1, 'ffffffff07'],
      [-(2 ** 31), '8080808078'],
      [Number.MAX_SAFE_INTEGER, 'ffffffffffffff0f'],
      [Number.MIN_SAFE_INTEGER, '8180808080808070'],
    ] as const) {
      assert.equal(
        hexOf((out) => out.signed(value)),
        hex,
        String(value),
      );
    }
  });

  it('copies short parts and long ones alike, also out of the middle, while it grows', () => {
    const source = Uint8Array.from({ length: 400 }, (_, at) => at % 251);
    const out = new ByteWriter(0);
    const expected: number[] = [];
    for (const [start, end] of [
      [0, 0],
      [3, 98],
      [3, 99],
      [100, 400],
    ] as const) {
      out.copy(source, start, end);
      expected.push(...source.subarray(start, end));
    }
    assert.deepEqual([...out.written()], expected);
  });

  for (const [what, expected] of [
    ['as expected', 300],
    ['that is smaller than expected', 70_000],
    ['that is larger than expected', 3],
  ] as const)
    it(`writes the size of content ${what} in front of it`, () => {
      const out = new ByteWriter(64);
      out.append([7, 8]);
      const content = Array.from({ length: 300 }, (_, at) => at % 256);
      const start = out.beginSized(expected);
      out.append(content);
      assert.equal(out.endSized(start, expected), 300);
      out.u8(9);
      assert.deepEqual([...out.written()], [7, 8, 0xac, 2, ...content, 9]);
    });

  it('keeps content that ends where its room ends when its size is written', () => {
    for (let before = 40; before < 70; before++) {
      const out = new ByteWriter(64);
      const first = Array.from({ length: before }, (_, at) => at);
      out.append(first);
      const start = out.beginSized(1);
      out.append([1, 2]);
      out.endSized(start, 1);
      assert.deepEqual([...out.written()], [...first, 2, 1, 2]);
    }
  });

  it('writes content with its size, and names in UTF-8 with that of their bytes', () => {
    const content = new ByteWriter(1000);
    content.append([1, 2, 3]);
    assert.equal(
      hexOf((out) => out.sized(content)),
      '03010203',
    );
    assert.equal(
      hexOf((out) => out.name('ü')),
      '02c3bc',
    );
    assert.equal(
      hexOf((out) => out.name('')),
      '00',
    );
  });

  it('gives a copy: what is written later does not change it', () => {
    const out = new ByteWriter(0);
    out.u8(1);
    const before = out.written();
    out.length = 0;
    out.u8(2);
    assert.deepEqual([...before, ...out.written()], [1, 2]);
  });
});
