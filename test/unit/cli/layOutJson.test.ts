import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseExactJson } from '../../../base/json/parseExactJson.ts';
import { layOutJson } from '../../../cli/layOutJson.ts';

const laidOut = (value: unknown) => {
  let text = '';
  layOutJson(value, (piece) => {
    text += piece;
    return true;
  });
  return text;
};
const nested = (levels: number) => {
  let value: unknown = { end: [1, 2] };
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? { a: value } : [value];
  return value;
};

describe('JSON that is laid out', () => {
  it('is that of JSON.stringify, for every value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        assert.equal(laidOut(value), JSON.stringify(value, null, 2));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves out members that are undefined, writes other nothings as null, and dates as text', () => {
    const value = { a: undefined, b: [undefined, Number.NaN], c: new Date(0), d: {}, e: [], f: { g: undefined } };
    assert.equal(laidOut(value), JSON.stringify(value, null, 2));
    assert.equal(laidOut(undefined), 'null');
  });

  it('keeps all digits of a number', () => {
    const text = '{\n  "a": 12345678901234567890,\n  "b": [\n    1.50\n  ]\n}';
    assert.equal(laidOut(parseExactJson(text)), text);
  });

  it('puts what is nested deep on one line', () => {
    assert.equal(laidOut(nested(15)), JSON.stringify(nested(15), null, 2).replace(/\[\s+1,\s+2\s+\]/, '[1,2]'));
    const deep = laidOut(nested(40));
    assert.deepEqual(JSON.parse(deep), nested(40));
    const longest = Math.max(...deep.split('\n').map((line) => line.length - line.trimStart().length));
    assert.equal(longest, 32);
  });

  it('comes in pieces that are bounded, and cuts no pair of surrogates', () => {
    const value = { long: '😀'.repeat(200_000), list: Array.from({ length: 20_000 }, (_, at) => `item ${at}`) };
    const pieces: string[] = [];
    layOutJson(value, (piece) => pieces.push(piece) > 0);
    assert.equal(pieces.join(''), JSON.stringify(value, null, 2));
    for (const piece of pieces) {
      assert.ok(piece.length < 66_000, `${piece.length}`);
      assert.ok(piece.isWellFormed());
    }
  });

  it('makes no more once no more is wanted', () => {
    let looked = 0;
    const items = Array.from({ length: 10_000 }, () => ({
      toJSON: () => {
        looked++;
        return 'x'.repeat(1000);
      },
    }));
    const pieces: string[] = [];
    layOutJson(items, (piece) => pieces.push(piece) < 2);
    assert.equal(pieces.length, 2);
    assert.ok(looked < 200, `${looked} items`);
  });

  it('takes nothing twice where the end was not wanted', () => {
    let calls = 0;
    layOutJson(['x'.repeat(200_000)], () => {
      calls++;
      return false;
    });
    assert.equal(calls, 1);
  });
});
