import { SCHEMAS, type Schema } from '../../daemons/wire/apiSchemas.ts';

export interface WrongAnswer {
  name: string;
  body: unknown;
}

/**
 * Wrong variants of a good answer, each wrong in one place: every field of its schema of another
 * type, out of its bounds, or gone.
 */
export function wrongAnswers(schema: Schema, good: unknown): WrongAnswer[] {
  return wrongAt(schema, good, 'answer').map(({ name, value }) => ({ name, body: value }));
}

interface Wrong {
  name: string;
  value: unknown;
}

function wrongAt(given: Schema, good: unknown, at: string): Wrong[] {
  const schema = resolved(given);
  const here = wrongValues(schema).map((value) => ({ name: `${at} is ${JSON.stringify(value)?.slice(0, 40)}`, value }));
  if (schema.anyOf !== undefined) {
    const [choice = {}] = schema.anyOf;
    const isNullable = schema.anyOf.length > 1;
    return wrongAt(choice, good, at).filter(({ value }) => !(isNullable && value === null));
  }
  if (schema.properties !== undefined) {
    const object = good as Record<string, unknown>;
    const inside = Object.entries(schema.properties).flatMap(([key, property]) =>
      wrongAt(property, object[key], `${at}.${key}`).map(({ name, value }) => ({
        name,
        value: { ...object, [key]: value },
      })),
    );
    const missing = (schema.required ?? []).map((key) => {
      const { [key]: _gone, ...rest } = object;
      return { name: `${at}.${key} is missing`, value: rest };
    });
    return [...here, ...inside, ...missing];
  }
  if (schema.items !== undefined) {
    const [first, ...others] = good as unknown[];
    const inside = wrongAt(schema.items, first, `${at}[0]`).map(({ name, value }) => ({
      name,
      value: [value, ...others],
    }));
    return [...here, ...inside];
  }
  return here;
}

function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  return SCHEMAS[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1) as keyof typeof SCHEMAS];
}

function wrongValues(schema: Schema): unknown[] {
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (schema.const !== undefined) return ['nope', null, 7];
  if (types.length === 0) return [];
  const values: unknown[] = [[{}], { x: [] }, true, 1.5, 'no such value \u001b[2J ../../x', null, -1];
  const fits = (value: unknown): boolean =>
    types.some((type) => {
      if (type === 'null') return value === null;
      if (type === 'array') return Array.isArray(value);
      if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
      if (type === 'integer') return Number.isInteger(value) && (value as number) >= (schema.minimum ?? -Infinity);
      if (type !== 'string') return typeof value === type;
      const isFree = schema.enum === undefined && schema.pattern === undefined && schema.format === undefined;
      return typeof value === 'string' && isFree;
    });
  const tooLong = schema.maxLength === undefined ? [] : ['x'.repeat(schema.maxLength + 1)];
  const tooMany = schema.maximum === undefined ? [] : [schema.maximum + 2];
  return [...values.filter((value) => !fits(value)), ...tooLong, ...tooMany];
}
