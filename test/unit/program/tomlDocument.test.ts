import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readToml, type TomlNode, type TomlTable } from '../../../program/tomlDocument.ts';

/** The value of a node as JSON would have it; integers as text, dates as `date …`. */
function plain(node: TomlNode): unknown {
  switch (node.type) {
    case 'table':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
    case 'array':
      return node.items.map(plain);
    case 'integer':
      return String(node.value);
    case 'date':
      return `date ${node.value}`;
    default:
      return node.value;
  }
}

const valuesOf = (text: string) => plain(readToml(text).root);
const faultOf = (text: string) => {
  const { fault } = readToml(text);
  return fault === null ? null : `${fault.kind} ${JSON.stringify(text.slice(fault.span.start, fault.span.end))}`;
};
/** The text of a span that `find` picks out of the tree. */
const textAt = (text: string, find: (root: TomlTable) => { start: number; end: number } | null | undefined) => {
  const span = find(readToml(text).root);
  return span == null ? span : text.slice(span.start, span.end);
};

describe('a TOML document', () => {
  it('is read with every kind of value', () => {
    assert.deepEqual(
      valuesOf(
        [
          "a = 'x\\y'",
          'b = 1_000',
          'c = 0xff',
          'd = 1.5',
          'e = true',
          'f = 2026-01-02',
          'g = [1, [2, "x"]]',
          'h = { i = 1, j.k = 2 }',
          '"l m" = """',
          'two',
          'lines"""',
          'n.o = 1',
          'big = 9223372036854775807',
        ].join('\n'),
      ),
      {
        a: 'x\\y',
        b: '1000',
        c: '255',
        d: 1.5,
        e: true,
        f: 'date 2026-01-02',
        g: ['1', ['2', 'x']],
        h: { i: '1', j: { k: '2' } },
        'l m': 'two\nlines',
        n: { o: '1' },
        big: '9223372036854775807',
      },
    );
  });

  it('puts the lines below a header into its table, and each [[header]] into an element of its own', () => {
    assert.deepEqual(valuesOf('x = 1\n[a.b]\ny = 2\n[[t]]\nn = 1\n[t.u]\nv = 3\n[[t]]\nn = 2\n[a]\nz = 4\n'), {
      x: '1',
      a: { b: { y: '2' }, z: '4' },
      t: [{ n: '1', u: { v: '3' } }, { n: '2' }],
    });
  });

  it('knows the place of keys, values, headers and tables', () => {
    const text = 'k = "v" # c\n[a]\nx = [1, 2]\n\n[[t]]\ny = { z = 1 }\n';
    const entry = (root: TomlTable, name: string) => root.entries.find(({ key }) => key === name);
    const tableOf = (root: TomlTable, name: string): TomlTable => {
      const value = entry(root, name)?.value;
      const found = value?.type === 'array' ? value.items[0] : value;
      assert.ok(found?.type === 'table');
      return found;
    };
    assert.equal(
      textAt(text, (root) => entry(root, 'k')?.keySpan),
      'k',
    );
    assert.equal(
      textAt(text, (root) => entry(root, 'k')?.value.span),
      '"v"',
    );
    assert.equal(
      textAt(text, (root) => root.span),
      'k = "v" # c\n',
    );
    assert.equal(
      textAt(text, (root) => tableOf(root, 'a').header),
      '[a]',
    );
    assert.equal(
      textAt(text, (root) => tableOf(root, 'a').span),
      '[a]\nx = [1, 2]\n\n',
    );
    assert.equal(
      textAt(text, (root) => tableOf(root, 't').header),
      '[[t]]',
    );
    assert.equal(
      textAt(text, (root) => tableOf(root, 't').span),
      '[[t]]\ny = { z = 1 }\n',
    );
    assert.equal(
      textAt(text, (root) => tableOf(tableOf(root, 't'), 'y').span),
      '{ z = 1 }',
    );
    const { root } = readToml(text);
    assert.deepEqual(
      [root.form, tableOf(root, 'a').form, tableOf(root, 't').form, tableOf(tableOf(root, 't'), 'y').form],
      ['root', 'standard', 'element', 'inline'],
    );
    const [implied] = readToml('[a.b]\n').root.entries;
    assert.ok(implied?.value.type === 'table');
    assert.deepEqual([implied.value.form, implied.value.header], ['implied', null]);
  });

  const faults: Array<[what: string, text: string, fault: string, rest: unknown]> = [
    ['a line without a value', 'a =\nb = 1\n', 'syntax "\\n"', { b: '1' }],
    ['a line without "="', 'a\nb = 1\n', 'syntax "\\n"', { b: '1' }],
    ['a header that is not closed', '[a\nb = 1\n', 'syntax "\\n"', { b: '1' }],
    ['a key that is there twice', 'a = 1\na = 2\nb = 3\n', 'duplicate-key "a"', { a: '1', b: '3' }],
    ['two values on one line', 'a = 1 b = 2\nc = 3\n', 'syntax "b"', { c: '3' }],
    ['a string that is not closed', 'a = "x\nb = 1\n', 'syntax "\\n"', { b: '1' }],
  ];
  for (const [what, text, fault, rest] of faults) {
    it(`reports ${what}, and reads the other lines`, () => {
      assert.equal(faultOf(text)?.split(' ')[0], fault.split(' ')[0]);
      assert.deepEqual(valuesOf(text), rest);
    });
  }

  it('reports a missing value at the line that lacks it, not at the one after', () => {
    const text = 'a = 1\nb =\n\nc = 3\n';
    const { fault } = readToml(text);
    assert.equal(text.slice(0, fault?.span.start).split('\n').length, 2);
    assert.equal(fault?.what, 'the value is missing');
  });

  it('reports the first of several faults', () => {
    const text = 'a = 1\nb = \nc = 3\nd\n';
    const { fault } = readToml(text);
    assert.equal(text.slice(0, fault?.span.start).split('\n').length, 2);
    assert.deepEqual(valuesOf(text), { a: '1', c: '3' });
  });

  it('gives up after a number of faults, with an empty table and the first fault', () => {
    const { root, fault } = readToml('a =\n'.repeat(20));
    assert.deepEqual([root.entries, fault?.kind], [[], 'syntax']);
  });

  it('keeps a key named like a part of every object as any other', () => {
    const [entry, ...more] = readToml('__proto__.polluted = 1\nconstructor = 2\n').root.entries;
    assert.deepEqual([entry?.key, more.map(({ key }) => key)], ['__proto__', ['constructor']]);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });

  it('neither throws nor goes deep for nesting without end', () => {
    for (const text of [
      `a = ${'['.repeat(50_000)}`,
      `a = ${'[ '.repeat(300)}${'] '.repeat(300)}`,
      '[a.'.repeat(1000),
    ]) {
      readToml(text);
    }
    let depth = 0;
    let node: TomlNode | undefined = readToml(`a = ${'['.repeat(300)}${']'.repeat(300)}`).root.entries[0]?.value;
    for (; node?.type === 'array'; node = node.items[0]) depth++;
    assert.ok(depth > 20 && depth < 50, `${depth}`);
  });

  it('takes time in proportion to its length, with many keys of one table', () => {
    const text = Array.from({ length: 3_000 }, (_, at) => `a.k${at} = ${at}`).join('\n');
    const [entry] = readToml(text).root.entries;
    assert.ok(entry?.value.type === 'table' && entry.value.entries.length === 3_000);
  });

  it('never throws, and its spans are inside of the text', () => {
    const part = fc.constantFrom(
      'a',
      '=',
      '1',
      '"',
      "'",
      '[',
      ']',
      '{',
      '}',
      '.',
      ',',
      '\n',
      '\r\n',
      ' ',
      '#',
      '\\',
      'é',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const text = parts.join('');
        const { fault, root } = readToml(text);
        for (const { start, end } of [root.span, ...(fault === null ? [] : [fault.span])]) {
          assert.ok(start >= 0 && start <= end && end <= text.length, JSON.stringify(text));
        }
      }),
      { numRuns: 500 },
    );
  });
});
