import type { JsonType, Schema } from './apiSchemas.ts';

/** Null when the value fits, else what is wrong with it, beginning with where. */
export type Check = (value: unknown, at: string) => string | null;

const KEYWORDS = new Set<keyof Schema>([
  'type',
  'description',
  'enum',
  'const',
  'pattern',
  'format',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'default',
  'required',
  'properties',
  'additionalProperties',
  'items',
  'minItems',
  'maxItems',
  'uniqueItems',
  'anyOf',
  '$ref',
]);

interface Context {
  definitions: Readonly<Record<string, Schema>>;
  /**
   * Keys that no schema names are `refused`, as in a request, or `ignored`, as in an answer of a
   * newer server.
   */
  unknownKeys: 'refused' | 'ignored';
}

/**
 * Makes a check of one of our schemas.
 *
 * It knows just the keywords of {@link Schema} and throws on any other, so that nothing the
 * document promises goes unchecked. Ajv does far more, and costs a third of the scheduler's start
 * for it; a test compares the two.
 */
export function compileSchema(
  schema: Schema,
  definitions: Context['definitions'],
  unknownKeys: Context['unknownKeys'] = 'refused',
): Check {
  return compile(schema, { definitions, unknownKeys });
}

function compile(schema: Schema, context: Context): Check {
  for (const keyword of Object.keys(schema)) {
    if (!KEYWORDS.has(keyword as keyof Schema)) throw new Error(`schema keyword ${keyword} is not known here`);
  }
  const checks = [
    ...refChecks(schema, context),
    ...typeChecks(schema),
    ...textChecks(schema),
    ...numberChecks(schema),
    ...arrayChecks(schema, context),
    ...objectChecks(schema, context),
  ];
  return (value, at) => {
    for (const check of checks) {
      const problem = check(value, at);
      if (problem !== null) return problem;
    }
    return null;
  };
}

function refChecks(schema: Schema, context: Context): Check[] {
  const checks: Check[] = [];
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    const target = context.definitions[name];
    if (target === undefined) throw new Error(`schema ${schema.$ref} does not exist`);
    checks.push(compile(target, context));
  }
  if (schema.anyOf !== undefined) {
    const choices = schema.anyOf.map((choice) => compile(choice, context));
    checks.push((value, at) => {
      let problem: string | null = null;
      for (const choice of choices) {
        const found = choice(value, at);
        if (found === null) return null;
        problem ??= found;
      }
      return problem;
    });
  }
  return checks;
}

function typeChecks(schema: Schema): Check[] {
  const checks: Check[] = [];
  if (schema.type !== undefined) {
    const types: readonly JsonType[] = typeof schema.type === 'string' ? [schema.type] : schema.type;
    const problem = ` must be ${types.map((type) => (/^[aeio]/.test(type) ? `an ${type}` : `a ${type}`)).join(' or ')}`;
    checks.push((value, at) => (types.some((type) => isOfType(value, type)) ? null : at + problem));
  }
  if (schema.const !== undefined) {
    checks.push((value, at) => (value === schema.const ? null : `${at} must be ${JSON.stringify(schema.const)}`));
  }
  if (schema.enum !== undefined) {
    const allowed = new Set<unknown>(schema.enum);
    const problem = ` must be one of ${schema.enum.join(', ')}`;
    checks.push((value, at) => (allowed.has(value) ? null : at + problem));
  }
  return checks;
}

function isOfType(value: unknown, type: JsonType): boolean {
  switch (type) {
    case 'string':
    case 'boolean':
      return typeof value === type;
    case 'integer':
      return Number.isInteger(value);
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
  }
}

function textChecks(schema: Schema): Check[] {
  const { pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
  const checks: Check[] = [];
  if (schema.minLength !== undefined || schema.maxLength !== undefined) {
    checks.push((value, at) =>
      typeof value !== 'string' || (value.length >= minLength && value.length <= maxLength)
        ? null
        : `${at} must be ${minLength} to ${maxLength} characters long`,
    );
  }
  if (pattern !== undefined) {
    const expression = new RegExp(pattern, 'u');
    checks.push((value, at) =>
      typeof value !== 'string' || expression.test(value) ? null : `${at} must match ${pattern}`,
    );
  }
  if (schema.format === 'date-time') {
    checks.push((value, at) =>
      typeof value !== 'string' || (RFC_3339.test(value) && !Number.isNaN(Date.parse(value)))
        ? null
        : `${at} must be an RFC 3339 time`,
    );
  }
  return checks;
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

function numberChecks(schema: Schema): Check[] {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  if (schema.minimum === undefined && schema.maximum === undefined) return [];
  return [
    (value, at) =>
      typeof value !== 'number' || (value >= minimum && value <= maximum)
        ? null
        : `${at} must be between ${minimum} and ${maximum}`,
  ];
}

function arrayChecks(schema: Schema, context: Context): Check[] {
  const { items, minItems = 0, maxItems = Number.POSITIVE_INFINITY, uniqueItems } = schema;
  const item = items === undefined ? undefined : compile(items, context);
  if (item === undefined) return [];
  return [
    (value, at) => {
      if (!Array.isArray(value)) return null;
      if (value.length < minItems || value.length > maxItems) return `${at} must hold ${minItems} to ${maxItems} items`;
      for (const [index, entry] of value.entries()) {
        const problem = item(entry, `${at}[${index}]`);
        if (problem !== null) return problem;
      }
      return uniqueItems === true && new Set(value).size !== value.length ? `${at} must not repeat itself` : null;
    },
  ];
}

function objectChecks(schema: Schema, context: Context): Check[] {
  const { properties, required = [] } = schema;
  if (properties === undefined) return [];
  const known = new Map(Object.entries(properties).map(([key, property]) => [key, compile(property, context)]));
  const isClosed = schema.additionalProperties === false && context.unknownKeys === 'refused';
  return [
    (value, at) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
      for (const key of required) {
        if (!Object.hasOwn(value, key)) return `${at}.${key} is missing`;
      }
      for (const key of Object.keys(value)) {
        const check = known.get(key);
        if (check === undefined) {
          if (isClosed) return `${at} has the unknown key ${JSON.stringify(key.slice(0, 64))}`;
          continue;
        }
        const problem = check((value as Record<string, unknown>)[key], `${at}.${key}`);
        if (problem !== null) return problem;
      }
      return null;
    },
  ];
}
