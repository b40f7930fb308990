import assert from 'node:assert/strict';
import { cutText } from '../../../../base/text/cutText.ts';

describe('a text that is cut', () => {
  const rows: Array<[text: string, most: number, cut: string]> = [
    ['', 0, ''],
    ['abc', 3, 'abc'],
    ['abcd', 3, 'abc…'],
    ['a'.repeat(5_000), 160, `${'a'.repeat(160)}…`],
    ['ab😀', 4, 'ab😀'],
    ['ab😀c', 4, 'ab😀…'],
    // The cut would leave half of the face.
    ['ab😀c', 3, 'ab…'],
    ['a\ud83d', 2, 'a\ud83d'],
  ];
  for (const [text, most, cut] of rows) {
    it(`has a mark where it was cut, and is else as it was: ${JSON.stringify(text.slice(0, 10))} at ${most}`, () => {
      assert.equal(cutText(text, most), cut);
    });
  }
});
