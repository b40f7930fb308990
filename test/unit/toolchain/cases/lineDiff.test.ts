import assert from 'node:assert/strict';
import { lineDiff } from '../../../../toolchain/cases/lineDiff.ts';

describe('a difference by lines', () => {
  it('has what is left, what is right, and what both have', () =>
    assert.equal(lineDiff('a\nb\nc', 'a\nx\nc'), '  a\n- b\n+ x\n  c'));

  for (const [what, left, right, shown] of [
    ['a composed letter', '"é"', '"e\u0301"', '- "\\u{e9}"\n+ "e\\u{301}"'],
    ['a blank at the end', 'a', 'a ', '- a\n+ a\\u{20}'],
    ['a carriage return', 'a\r', 'a', '- a\\u{d}\n+ a'],
    ['another kind of blank', 'a b', 'a\u00a0b', '- a b\n+ a\\u{a0}b'],
    ['a tabulator', 'a\tb', 'a b', '- a\\u{9}b\n+ a b'],
    ['a character without a width', 'ab', 'a\u200bb', '- ab\n+ a\\u{200b}b'],
    ['a wide letter', 'A', '\uff21', '- A\n+ \\u{ff21}'],
  ] as const)
    it(`writes out ${what}, which nobody sees`, () => assert.equal(lineDiff(left, right), shown));

  it('leaves letters as they are where the lines look different', () =>
    assert.equal(lineDiff('"ü"\n"é"', '"u"\n"é"'), '- "ü"\n+ "u"\n  "é"'));

  it('pairs the lines of each stretch, one after another', () =>
    assert.equal(
      lineDiff('é\nsame\nß ', 'e\u0301\nsame\nß'),
      '- \\u{e9}\n+ e\\u{301}\n  same\n- \\u{df}\\u{20}\n+ \\u{df}',
    ));

  it('writes them out also in texts that are too long to be compared by lines', () => {
    const long = 'x\n'.repeat(2_001);
    const shown = lineDiff(`é\n${long}`, `e\u0301\n${long}`).split('\n');
    assert.equal(shown[0], '- \\u{e9}');
    assert.equal(
      shown.find((line) => line.startsWith('+')),
      '+ e\\u{301}',
    );
  });
});
