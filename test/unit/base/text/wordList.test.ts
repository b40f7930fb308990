import assert from 'node:assert/strict';
import { wordList } from '../../../../base/text/wordList.ts';

describe('a list in words', () => {
  const rows: Array<[words: string[], most: number | undefined, text: string]> = [
    [[], undefined, ''],
    [['a'], undefined, 'a'],
    [['a', 'b'], undefined, 'a and b'],
    [['a', 'b', 'c'], undefined, 'a, b and c'],
    [['a', 'b', 'c', 'd'], undefined, 'a, b, c and d'],
    [['a', 'b', 'c'], 3, 'a, b and c'],
    [['a', 'b', 'c', 'd'], 3, 'a, b, c and 1 more'],
    [['a', 'b', 'c', 'd'], 1, 'a and 3 more'],
    [[], 3, ''],
  ];
  for (const [words, most, text] of rows) {
    it(`reads: ${text}`, () => assert.equal(wordList(words, most), text));
  }
});
