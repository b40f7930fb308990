// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the scripts under test have templates
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { scriptTokens } from '../../../../toolchain/validate/scriptTokens.ts';

/** Tokens as `kind text`, blanks in the text made visible. */
const tokens = (text: string) =>
  scriptTokens(text).map(({ kind, text: word }) => `${kind} ${JSON.stringify(word).slice(1, -1)}`);
const texts = (text: string) => scriptTokens(text).map(({ text: word }) => word);

describe('the tokens of a script', () => {
  it('are names, numbers, strings and marks, with their places', () => {
    const text = 'let größe_$1 = 0x1F + 1.5e3;\r\n\t"a\\"b" => \'c\';';
    assert.deepEqual(texts(text), ['let', 'größe_$1', '=', '0x1F', '+', '1.5e3', ';', '"a\\"b"', '=>', "'c'", ';']);
    for (const { start, end, text: word } of scriptTokens(text)) assert.equal(text.slice(start, end), word);
    assert.deepEqual(
      scriptTokens(text).flatMap(({ value }) => value ?? []),
      ['a\\"b', 'c'],
    );
  });

  it('have no comments in them, and a comment hides none that follow', () => {
    assert.deepEqual(texts('a // b "c\nd /* e \n " */ f /* g'), ['a', 'd', 'f']);
    assert.deepEqual(texts('a//b\rc'), ['a', 'c']);
    assert.deepEqual(texts('"// no comment" x'), ['"// no comment"', 'x']);
  });

  it('take templates apart, also inside of each other', () => {
    assert.deepEqual(tokens('`a${b}c` d'), ['template `a${', 'name b', 'template }c`', 'name d']);
    assert.deepEqual(texts('`a${`b${c}`}d` e'), ['`a${', '`b${', 'c', '}`', '}d`', 'e']);
    assert.deepEqual(texts('`${ {a: {}} }` x'), ['`${', '{', 'a', ':', '{', '}', '}', '}`', 'x']);
    assert.deepEqual(texts('`\\`${a}\\${b}` x'), ['`\\`${', 'a', '}\\${b}`', 'x']);
    assert.deepEqual(texts('{ `a` } b'), ['{', '`a`', '}', 'b']);
  });

  it('tell a regular expression from a division', () => {
    for (const [text, regex] of [
      ['x = /a"b/g', '/a"b/g'],
      ['return /[/"]/', '/[/"]/'],
      ['(/\\/"/)', '/\\/"/'],
      ['/^a/', '/^a/'],
      ['a / b / c', undefined],
      ['a) / b / "c"', undefined],
      ['a[0] / b / c', undefined],
      ['1 / 2 / 3', undefined],
    ] as const) {
      const found = scriptTokens(text).find(({ kind }) => kind === 'regex')?.text;
      assert.equal(found, regex, text);
    }
  });

  it('end with the text where it is not finished', () => {
    for (const text of ['"abc', "'a\\", '`abc', '`a${', '`a${b', '/* a', 'x = /ab', 'x = /[', '0x', '\\'])
      scriptTokens(text);
    assert.deepEqual(texts('"abc\nd'), ['"abc', 'd']);
    assert.equal(scriptTokens('"abc')[0]?.value, 'abc');
    assert.equal(scriptTokens('"')[0]?.value, '');
    assert.deepEqual(texts('} } x'), ['}', '}', 'x']);
  });

  it('are names of letters beyond the first plane, and marks that are none', () => {
    assert.deepEqual(tokens('𝒳1 = é'), ['name 𝒳1', 'punct =', 'name é']);
    assert.deepEqual(texts('a😀b').slice(0, 1), ['a']);
    assert.deepEqual(texts('\ufeffa\u00a0b'), ['a', 'b']);
  });

  it('take a moment for texts that are made to be slow', () => {
    for (const part of ['`${', '/*', '"', '((((', '\\', '1', '/[', '`']) {
      assert.ok(scriptTokens(part.repeat(50_000)).length > 0 || part === '/*');
    }
  });

  it('do not overlap, and cover all but blanks and comments', () => {
    const part = fc.constantFrom(
      'a',
      '1',
      '"',
      "'",
      '`',
      '${',
      '}',
      '{',
      '/',
      '*',
      '\\',
      '\n',
      ' ',
      '=>',
      '(',
      ')',
      'é',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 15 }), (parts) => {
        const text = parts.join('');
        let at = 0;
        for (const { start, end } of scriptTokens(text)) {
          assert.ok(start >= at && end > start && end <= text.length, JSON.stringify(text));
          const between = text.slice(at, start);
          assert.ok(between.trim() === '' || /\/[/*]/.test(between), JSON.stringify(text));
          at = end;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
