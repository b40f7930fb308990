import assert from 'node:assert/strict';
import fc from 'fast-check';
import { blankedText, neutralText } from '../../../../base/text/neutralText.ts';
import { paintMarked, printedLine, printedWidth, safeJson } from '../../../../cli/printedLine.ts';

/**
 * Steering characters by code point, so that this test shares no pattern with the code it tests.
 */
function steers(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  const within = (...ranges: Array<[number, number]>) => ranges.some(([from, to]) => code >= from && code <= to);
  return (
    (code !== 9 && within([0, 0x1f], [0x7f, 0x9f])) ||
    within([0x2028, 0x202e], [0x2066, 0x2069], [0x200e, 0x200f], [0xd800, 0xdfff], [0xe0000, 0xe007f]) ||
    [0x61c, 0x200b, 0xfeff].includes(code)
  );
}

/** Every character there is that steers. */
const STEERING = Array.from({ length: 0xe0080 }, (_, code) => String.fromCodePoint(code)).filter(steers);

describe('neutral text', () => {
  it('writes out every character that steers, and leaves all others', () => {
    for (const character of STEERING) {
      const shown = neutralText(`a${character}b`);
      assert.match(shown, /^a\\(?:n|r|u[0-9a-f]{4}(?:\\u[0-9a-f]{4})?)b$/, character.codePointAt(0)?.toString(16));
      assert.equal(blankedText(character), ' ');
    }
    const plain = 'Grüße, Ελλάδα, עברית, 日本語, 👩‍👩‍👧, a\tb %~\\ {}[]';
    assert.equal(neutralText(plain), plain);
  });

  it('is the same again when it is neutral', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...STEERING, 'a', '\\', ':', '#', '[') }), (text) => {
        const once = neutralText(text);
        assert.equal(neutralText(once), once);
        assert.ok(![...once].some(steers));
      }),
    );
  });
});

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
  for (const [what, line, printed] of rows) it(`holds ${what} back`, () => assert.equal(printedLine(line), printed));

  it('keeps the styles that are ours, and holds back an order within them', () => {
    assert.equal(printedLine(`${paintMarked('green', 'built')}  x`), '\x1b[32mbuilt\x1b[39m  x');
    assert.equal(printedLine(paintMarked('red', '::error::x')), '\x1b[31m\\::error::x\x1b[39m');
    assert.equal(printedLine(paintMarked('red', '\x1b[0m')), '\x1b[31m\\u001b[0m\x1b[39m');
    assert.equal(printedWidth(paintMarked('red', 'a\n')), 3);
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
