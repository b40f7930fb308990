import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type JsonNode, readJson } from '../../../../extension/panel/readJson.ts';

/** The text of a node without blanks, as it was written. */
function written(node: JsonNode): string {
  switch (node.kind) {
    case 'object':
      return `{${node.members.map(([name, value]) => `${JSON.stringify(name)}:${written(value)}`).join(',')}}`;
    case 'array':
      return `[${node.items.map(written).join(',')}]`;
    case 'string':
      return JSON.stringify(node.value);
    default:
      return node.source;
  }
}
const read = (text: string) => {
  const node = readJson(text);
  return node === null ? null : written(node);
};

describe('JSON as it is', () => {
  it('keeps the digits of numbers, the order of members and those that are there twice', () => {
    const text = '{"b":12345678901234567890,"a":1.50,"2":1e400,"1":-0,"b":0.1e-7}';
    assert.equal(read(text), text);
  });

  it('keeps a member named like a part of every object', () => {
    assert.equal(read('{"__proto__":{"x":1},"constructor":null}'), '{"__proto__":{"x":1},"constructor":null}');
  });

  it('takes blanks where JSON has them, and escapes in strings', () => {
    assert.equal(read(' \t\r\n[ 1 ,\n{ } , [ ] , "a\\u00e9\\n\\"" ] \n'), '[1,{},[],"aé\\n\\""]');
  });

  for (const text of [
    '',
    ' ',
    '1 2',
    '[1,]',
    '[,1]',
    '{"a":1,}',
    '{"a"}',
    '{a:1}',
    "'a'",
    '01',
    '+1',
    '.5',
    '1.',
    '1e',
    '-',
    'NaN',
    'nul',
    'True',
    '"a',
    '"\\x"',
    '"\\u12"',
    '"a\nb"',
    '"\u0000"',
    '[1',
    '{"a":1',
    ']',
    '\u00a01',
    '\ufeff1',
    '[1]x',
    '//1',
  ]) {
    it(`is none: ${JSON.stringify(text)}`, () => assert.equal(readJson(text), null));
  }

  it('is none when it is nested deeper than is read, and does not exhaust the stack', () => {
    assert.equal(readJson('['.repeat(1_000_000)), null);
    assert.equal(readJson('{"a":'.repeat(200_000)), null);
    assert.ok(readJson(`${'['.repeat(20)}${']'.repeat(20)}`));
  });

  it('takes a moment for texts that are made to be slow', () => {
    assert.equal(readJson(`"${'\\'.repeat(500_001)}`), null);
    assert.equal(readJson(`"${'a'.repeat(1_000_000)}`), null);
    assert.equal(readJson(`[${' '.repeat(1_000_000)}`), null);
  });

  it('agrees with JSON.parse on every value and on every text that is none', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        assert.equal(read(JSON.stringify(value)), JSON.stringify(value));
        assert.equal(read(JSON.stringify(value, null, 2)), JSON.stringify(value));
      }),
      { numRuns: 200 },
    );
    const part = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', 'a', '1', '-', '.', 'e', '\\', 'true', 'null', ' ');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const text = parts.join('');
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        assert.equal(readJson(text) !== null, isJson, text);
      }),
      { numRuns: 2000 },
    );
  });
});
