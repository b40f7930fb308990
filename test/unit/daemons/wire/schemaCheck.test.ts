import assert from 'node:assert/strict';
import type { Schema } from '../../../../daemons/wire/apiSchemas.ts';
import { createSchemaCheck } from '../../../../daemons/wire/schemaCheck.ts';

const object = (properties: Record<string, Schema>, required: string[] = Object.keys(properties)): Schema => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
});
const ITEM = object({ n: { type: 'integer', minimum: 0 } });
const problemOf = (schema: Schema, value: unknown) => createSchemaCheck(schema, { Item: ITEM })(value, 'it');

describe('a check by a schema', () => {
  const rows: Array<[schema: Schema, value: unknown, problem: string | null]> = [
    [{ type: 'string' }, 'x', null],
    [{ type: 'string' }, 1, 'it must be a string'],
    [{ type: 'object' }, [], 'it must be an object'],
    [{ type: 'integer' }, 1.5, 'it must be an integer'],
    [{ type: 'integer' }, '1', 'it must be an integer'],
    [{ type: ['string', 'null'] }, 1, 'it must be a string or a null'],
    [{ type: 'string', enum: ['a', 'b'] }, 'c', 'it must be one of a, b'],
    [{ const: 'cell' }, 'other', 'it must be "cell"'],
    [{ type: 'string', pattern: '^a+$' }, 'ab', 'it must match ^a+$'],
    [{ type: 'string', minLength: 2 }, 'x', 'it must be at least 2 characters long'],
    [{ type: 'string', maxLength: 2 }, 'xxx', 'it must be at most 2 characters long'],
    // Lengths are UTF-16 units, as everywhere else.
    [{ type: 'string', maxLength: 2 }, '😀', null],
    [{ type: 'string', maxLength: 1 }, '😀', 'it must be at most 1 characters long'],
    [{ type: 'integer', minimum: 1 }, 0, 'it must be at least 1'],
    [{ type: 'integer', maximum: 1 }, 2, 'it must be at most 1'],
    [{ type: 'array', minItems: 1 }, [], 'it must hold at least 1 items'],
    [{ type: 'array', maxItems: 1 }, [1, 2], 'it must hold at most 1 items'],
    [{ type: 'array', uniqueItems: true }, [1, 1], 'it must not repeat itself'],
    [
      { type: 'array', items: { $ref: '#/components/schemas/Item' } },
      [{ n: 1 }, { n: -1 }],
      'it[1].n must be at least 0',
    ],
    [object({ a: ITEM }), {}, 'it.a is missing'],
    [object({ a: ITEM }), { a: { n: 'x' } }, 'it.a.n must be an integer'],
    [object({ a: ITEM }), { a: { n: 1 }, b: 1 }, 'it has the unknown key "b"'],
    [object({}), { ['x'.repeat(100)]: 1 }, `it has the unknown key "${'x'.repeat(64)}"`],
    [object({ a: ITEM }, []), {}, null],
    [{ anyOf: [{ type: 'integer', minimum: 5 }, { type: 'null' }] }, 1, 'it must be at least 5'],
    [{ anyOf: [{ type: 'integer' }, { type: 'null' }] }, null, null],
  ];
  for (const [schema, value, problem] of rows) {
    it(`${JSON.stringify(value)}: ${problem ?? 'fits'}`.slice(0, 90), () =>
      assert.equal(problemOf(schema, value), problem),
    );
  }

  const TIME: Schema = { type: 'string', format: 'date-time' };
  for (const good of [
    '2026-01-02T03:04:05Z',
    '2026-12-31T23:59:59.123456789Z',
    '2026-01-02T03:04:05+23:59',
    '2026-01-02T03:04:05.1-00:30',
  ]) {
    it(`takes the time ${good}`, () => assert.equal(problemOf(TIME, good), null));
  }
  for (const bad of [
    '2026-01-02',
    '2026-01-02 03:04:05Z',
    '2026-13-02T03:04:05Z',
    '2026-00-02T03:04:05Z',
    '2026-01-32T03:04:05Z',
    '2026-01-02T24:04:05Z',
    '2026-01-02T03:60:05Z',
    '2026-01-02T03:04:05',
    '2026-01-02T03:04:05.Z',
    '2026-01-02T03:04:05Z\n',
    '',
  ]) {
    it(`refuses the time ${JSON.stringify(bad)}`, () =>
      assert.equal(problemOf(TIME, bad), 'it must be an RFC 3339 time'));
  }

  it('passes over keys that are new in an answer, at every depth, and refuses them in a request', () => {
    const schema = object({ list: { type: 'array', items: { $ref: '#/components/schemas/Item' } } });
    const value = { list: [{ n: 1, newer: 2 }], newer: 3 };
    assert.equal(createSchemaCheck(schema, { Item: ITEM }, 'ignored')(value, 'it'), null);
    assert.equal(createSchemaCheck(schema, { Item: ITEM })(value, 'it'), 'it has the unknown key "newer"');
    assert.equal(
      createSchemaCheck(schema, { Item: ITEM })({ list: value.list }, 'it'),
      'it.list[0] has the unknown key "newer"',
    );
    assert.equal(
      createSchemaCheck(schema, { Item: ITEM }, 'ignored')({ list: [{ n: '1' }] }, 'it'),
      'it.list[0].n must be an integer',
    );
  });

  it('does not take the keys of every object for given ones', () => {
    const schema = object(Object.fromEntries([['constructor', { type: 'string' }]]));
    assert.notEqual(problemOf(schema, {}), null);
    assert.equal(problemOf(object({}), JSON.parse('{"__proto__": 1}')), 'it has the unknown key "__proto__"');
  });

  it('refuses a schema that it does not know all of, when it is first used', () => {
    for (const wrong of [
      { type: 'string', format: 'email' },
      { type: 'string', patern: 'x' },
      { $ref: '#/components/schemas/None' },
    ]) {
      const check = createSchemaCheck(wrong as Schema);
      assert.throws(() => check('x', 'it'));
    }
  });
});
