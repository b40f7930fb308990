import assert from 'node:assert/strict';
import fc from 'fast-check';
import { paintMarked, pieceEnd, printedLine, printedWidth, safeJson } from '../../../cli/printedLine.ts';
import { STEERING, steers } from '../../helpers/steering.ts';

describe('a printed line', () => {
  const rows: Array<[what: string, line: string, printed: string]> = [
    ['a screen that is cleared', '\x1b[2J\x1b[H', String.raw`\u001b[2J\u001b[H`],
    ['a colour of a stranger', '\x1b[32mok\x1b[0m', String.raw`\u001b[32mok\u001b[0m`],
    ['a title of a window', '\x1b]0;evil\x07', String.raw`\u001b]0;evil\u0007`],
    ['a control of one byte', '\x9b31m', String.raw`\u009b31m`],
    ['a line that begins anew', 'a\rb', String.raw`a\rb`],
    ['a line break and an order', 'a\n::error::b', String.raw`a\n::error::b`],
    ['an order', '::error::b', String.raw`\::error::b`],
    ['an order after blanks', ' \t ::set-env name=x::y', ' \t \\::set-env name=x::y'],
    ['an order after a no-break space', '\u00a0::add-mask::x', '\u00a0\\::add-mask::x'],
    ['an order of the older form', 'a ##[error]b', String.raw`a #\#[error]b`],
    [
      'an order to another system',
      '##vso[task.setvariable variable=x]y',
      String.raw`#\#vso[task.setvariable variable=x]y`,
    ],
    ['a direction that is turned', 'a\u202egnp.exe', String.raw`a\u202egnp.exe`],
    ['what is no order', 'std::vec, a::b, ## title, [x]', 'std::vec, a::b, ## title, [x]'],
  ];
  for (const [what, line, printed] of rows) {
    it(`holds ${what} back, before a text was painted and after that`, async () => {
      const fresh: typeof import('../../../cli/printedLine.ts') = await import(
        `../../../cli/printedLine.ts?${encodeURIComponent(what)}`
      );
      assert.equal(fresh.printedLine(line), printed);
      fresh.paintMarked('red', 'x');
      assert.equal(fresh.printedLine(line), printed);
    });
  }

  it('keeps the styles that are ours, and holds back an order within them', () => {
    assert.equal(printedLine(`${paintMarked('green', 'built')}  x`), '\x1b[32mbuilt\x1b[39m  x');
    assert.equal(printedLine(paintMarked('red', '::error::x')), '\x1b[31m\\::error::x\x1b[39m');
    assert.equal(printedLine(paintMarked('red', '\x1b[0m')), '\x1b[31m\\u001b[0m\x1b[39m');
    assert.equal(printedWidth(paintMarked('red', 'a\n')), 3);
  });

  const lines: string[] = [
    '',
    'abc',
    '\ta ~',
    'a:b',
    '::error::x',
    ' ::x',
    '##[x]',
    '#',
    'é',
    '\x1b[0m',
    '\x7f',
    'a\r',
  ];
  for (const line of lines) {
    it(`prints ${JSON.stringify(line)} harmless`, () => {
      const printed = printedLine(line);
      assert.doesNotMatch(printed, /^\s*::|##\[|[^\t -~é]/);
      if (/^[\ta-c ~é]*$/.test(line)) assert.equal(printed, line);
    });
  }

  it('cuts no text where the pieces would be taken for something else', () => {
    const text = `a##ab[\ud83d\ude00b`;
    const ends = [...text].map((_, from) => pieceEnd(text, from, 1));
    assert.deepEqual(ends, [6, 6, 6, 6, 6, 6, 8, 8]);
    assert.equal(pieceEnd(text, 6, 1), 8);
    assert.equal(pieceEnd('', 0, 1), 0);
  });
});

describe('JSON that is printed', () => {
  it('says the same, and steers nothing', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: fc.constantFrom(...STEERING, 'k', '"', '\\') }),
          fc.string({ unit: fc.constantFrom(...STEERING, 'a', '#', '[', '"', '\\') }),
        ),
        (value) => {
          for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)]) {
            const safe = safeJson(text);
            assert.deepEqual(JSON.parse(safe), JSON.parse(text));
            assert.ok(![...safe].some((character) => character !== '\n' && steers(character)));
            assert.doesNotMatch(safe, /##\w*\[|^\s*::/m);
          }
        },
      ),
    );
  });
});
