import assert from 'node:assert/strict';
import { hasInexactNumber } from '../../../../base/json/hasInexactNumber.ts';
import { parseExactJson } from '../../../../base/json/parseExactJson.ts';
import { outputJson } from '../../../../daemons/scheduler/runs/outputJson.ts';
import { readableBytes } from '../../../../extension/documents/readableBytes.ts';
import { canonicalNumber } from '../../../../toolchain/cases/canonicalNumber.ts';
import { compareOutcome } from '../../../../toolchain/cases/compareOutcome.ts';
import { readExpected } from '../../../../toolchain/cases/readExpected.ts';
import { toolAnswer } from '../../../../toolchain/mcp/toolAnswer.ts';

/** Numbers as tasklets write them; whether a double gives the same digits back. */
const NUMBERS: Array<[text: string, isDouble: boolean]> = [
  ['0', true],
  ['-1', true],
  ['1.5', true],
  ['1e+21', true],
  ['123456789012345', true],
  ['9007199254740991', true],
  ['9007199254740993', false],
  ['18446744073709551615', false],
  ['-9223372036854775808', false],
  ['123456789012345678901234567890', false],
  ['1.10', false],
  ['1e21', false],
  ['1E5', false],
  ['-0', false],
  ['0.1000000000000000055511151231257827', false],
  ['1e400', false],
  ['-1e-400', false],
  ['1e99999999999999999999', false],
];

describe('JSON with exact numbers', () => {
  for (const [text, isDouble] of NUMBERS) {
    it(`keeps ${text}`, () => {
      assert.equal(hasInexactNumber(text), !isDouble);
      assert.equal(typeof parseExactJson(text), isDouble ? 'number' : 'object');
      for (const document of [text, `[${text}]`, `{"a":{"b":[null,${text},"${text}"]}}`])
        assert.equal(JSON.stringify(parseExactJson(document)), document);
    });
  }

  it('is not taken in by what looks like a number, or like the end of a string', () => {
    for (const text of ['"1.10"', '{"9007199254740993":1}', String.raw`["\\\"1.10",1]`, String.raw`["a\\",1]`]) {
      assert.equal(hasInexactNumber(text), false, text);
      assert.equal(JSON.stringify(parseExactJson(text)), text);
    }
    const odd = String.raw`["\\",1.10,"\"",9007199254740993]`;
    assert.equal(JSON.stringify(parseExactJson(odd)), odd);
  });

  it('refuses what JSON.parse refuses', () => {
    for (const text of ['', '01', '1.', '.5', '+1', 'NaN', '1e', '[1.10', '{"a":1.10,}', '"\n"', '\ufeff1.10'])
      assert.throws(() => parseExactJson(text), SyntaxError, JSON.stringify(text));
  });

  it('keeps a member __proto__, and of two members with one name the last', () => {
    assert.equal(JSON.stringify(parseExactJson('{"__proto__":1.10,"a":1}')), '{"__proto__":1.10,"a":1}');
    assert.equal(JSON.stringify(parseExactJson('{"a":1.10,"a":1.20}')), '{"a":1.20}');
    assert.equal(JSON.stringify(parseExactJson('{"a":1.10,"a":2}')), '{"a":2}');
  });
});

describe('JSON of a tasklet, handed on', () => {
  for (const [name, output, handedOn] of [
    ['numbers', '{"n":[1.10,1e400,-0,18446744073709551615]}', '{"n":[1.10,1e400,-0,18446744073709551615]}'],
    ['one name twice', '{"a":1,"a":1.20}', '{"a":1.20}'],
    ['half a surrogate pair, as an escape', String.raw`["\ud800",1.0]`, String.raw`["\ud800",1.0]`],
    ['half a surrogate pair, as bytes', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), undefined],
    ['line separators', '"\u2028\u2029"', '"\u2028\u2029"'],
    ['a byte order mark', '\ufeff1', undefined],
    ['UTF-16', Buffer.from('[1]', 'utf16le'), undefined],
    [
      'the deepest that is JSON',
      `${'['.repeat(512)}1.10${']'.repeat(512)}`,
      `${'['.repeat(512)}1.10${']'.repeat(512)}`,
    ],
    ['one level more', `${'['.repeat(513)}1.10${']'.repeat(513)}`, undefined],
    ['NaN', '[NaN]', undefined],
    ['two values', '1 2', undefined],
  ] as const) {
    it(`${name}: ${handedOn === undefined ? 'is no JSON' : 'is valid'}`, () => {
      const value = outputJson(Buffer.from(output));
      assert.equal(value === undefined ? undefined : JSON.stringify(value), handedOn);
      if (handedOn !== undefined) JSON.parse(handedOn);
    });
  }

  it('has its digits in the Run panel and in the answer to an assistant', () => {
    const text = '{"big":9007199254740993,"price":1.10}';
    assert.equal(readableBytes(Buffer.from(text)).text, '{\n  "big": 9007199254740993,\n  "price": 1.10\n}');
    const answer = toolAnswer({ untrusted: 'The output.' }, { output: parseExactJson(text) });
    assert.ok(JSON.stringify(answer.structuredContent).includes(text));
    assert.match(answer.content[0].text, /"big": 9007199254740993,\n +"price": 1\.10/);
  });
});

describe('numbers of a fixture', () => {
  for (const [left, right, isEqual] of [
    ['1.10', '1.1', true],
    ['11e-1', '1.1', true],
    ['1e3', '1000', true],
    ['1000e-3', '1', true],
    ['0.0001e4', '1', true],
    ['-0', '0', true],
    ['0e99', '0.000', true],
    ['1e400', '10e399', true],
    ['1e400', '1e401', false],
    ['-1e400', '1e400', false],
    ['9007199254740993', '9007199254740992', false],
    ['9007199254740993', '9007199254740993.0', true],
    ['0.1', '0.1000000000000000055511151231257827', false],
    ['1e99999999999999999999', '10e99999999999999999998', true],
    ['1e99999999999999999999', '1e99999999999999999998', false],
    ['1e-400', '0', false],
  ] as const) {
    it(`${left} is ${isEqual ? '' : 'not '}${right}`, () => {
      assert.equal(canonicalNumber(left) === canonicalNumber(right), isEqual);
      const mismatch = compareOutcome(readExpected(`{"n":${left}}`), {
        output: Buffer.from(`{"n":${right}}`),
        error: null,
      });
      assert.equal(mismatch === null, isEqual, mismatch?.diff);
      if (mismatch !== null) assert.notEqual(mismatch.expected, mismatch.actual);
    });
  }

  it('are shown as people write them', () => {
    const rows = { '1.10': '1.1', '1000e-5': '0.01', '-12e2': '-1200', '1e30': '1e30', '1.5e-30': '1.5e-30' };
    for (const [text, shown] of Object.entries(rows)) assert.equal(canonicalNumber(text), shown);
  });

  it('stand beside deep values, which no comparison overflows on', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    assert.throws(() => readExpected(deep), /nests deeper than 512/);
    assert.match(
      compareOutcome(readExpected('[]'), { output: Buffer.from(deep), error: null })?.what ?? '',
      /not JSON/,
    );
  });
});
