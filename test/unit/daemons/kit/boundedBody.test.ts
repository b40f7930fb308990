import assert from 'node:assert/strict';
import { boundedBody } from '../../../../daemons/kit/boundedBody.ts';

async function* piecesOf(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const [at, size] of sizes.entries()) yield new Uint8Array(size).fill(at + 1);
}
const refuse = (fault: string, most: number) => new Error(`${fault} ${most}`);

describe('a bounded body', () => {
  for (const [what, sizes, announced] of [
    ['of no piece', [], undefined],
    ['of one piece, as announced', [10], '10'],
    ['of pieces beyond its first buffer', [4_000, 4_000, 1], undefined],
    ['of exactly its bound', [4_999, 5_001], '10000'],
  ] as const) {
    it(`${what} comes whole`, async () => {
      const seen: number[] = [];
      const onPiece = (soFar: Buffer) => seen.push(soFar.length);
      const bytes = await boundedBody(piecesOf(...sizes), { announced, most: 10_000, refuse, onPiece });
      const expected = Buffer.concat(sizes.map((size, at) => Buffer.alloc(size, at + 1)));
      assert.ok(bytes.equals(expected));
      assert.deepEqual(
        seen,
        sizes.map((_, at) => sizes.slice(0, at + 1).reduce((sum, size) => sum + size, 0)),
      );
    });
  }

  for (const [what, sizes, announced, fault] of [
    ['announced beyond its bound', [], '10001', 'too_large 10000'],
    ['beyond its bound, unannounced', [10_000, 1], undefined, 'too_large 10000'],
    ['shorter than announced', [4], '5', 'length 10000'],
    ['longer than announced', [6], '5', 'length 10000'],
  ] as const) {
    it(`${what} is refused`, async () => {
      const reading = boundedBody(piecesOf(...sizes), { announced, most: 10_000, refuse });
      await assert.rejects(reading, { message: fault });
    });
  }

  it('announced beyond its bound is not read at all', async () => {
    let read = false;
    const body = (async function* () {
      read = true;
      yield new Uint8Array(1);
    })();
    await assert.rejects(boundedBody(body, { announced: '9', most: 8, refuse }));
    assert.equal(read, false);
  });
});
