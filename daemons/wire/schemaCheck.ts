import { Ajv, type ErrorObject, type Options } from 'ajv';
import type { Schema } from './apiSchemas.ts';
import { type Check, checkOf } from './checkOf.ts';

/** The parts of a check, which the build compiles to code ({@link createSchemaCheck}). */
export interface CheckSource {
  schema: Schema;
  /** The schemas that `$ref` names. */
  definitions: Readonly<Record<string, Schema>>;
  /**
   * Keys that no schema names are `refused`, as in a request, or `ignored`, as in an answer of a
   * newer server.
   */
  unknownKeys: 'refused' | 'ignored';
}

/** RFC 3339, with a month, a day and a time that there are. */
const DATE_TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Options of Ajv. A keyword or a format that it does not know is an error. A check ends at the
 * first fault. Lengths are UTF-16 units, as in all other bounds; Ajv would log that this option is
 * deprecated. The schemas are those of 2020-12; their keywords mean the same in draft 7, for which
 * Ajv writes less code.
 */
export const AJV_OPTIONS: Options = {
  strictSchema: true,
  strictTypes: false,
  allErrors: false,
  messages: false,
  inlineRefs: false,
  unicode: false,
  logger: false,
  formats: { 'date-time': DATE_TIME },
};

/**
 * Makes a check of a schema.
 *
 * It belongs in a file that exports checks and records of checks alone. From the sources, Ajv
 * compiles a check when it is first used. The build replaces such a file by code that Ajv writes
 * (scripts/standaloneChecks.ts lists them), so that no process compiles a schema.
 */
export function createSchemaCheck(
  schema: Schema,
  definitions: CheckSource['definitions'] = {},
  unknownKeys: CheckSource['unknownKeys'] = 'refused',
): Check & { source: CheckSource } {
  const source = { schema, definitions, unknownKeys };
  let check: Check | undefined;
  const compiled: Check = (value, at) => {
    check ??= compile(source);
    return check(value, at);
  };
  return Object.assign(compiled, { source });
}

function compile(source: CheckSource): Check {
  const ajv = new Ajv(AJV_OPTIONS);
  const validate = ajv.getSchema(addSource(ajv, 'schema', source));
  if (validate === undefined) throw new Error('the schema was not compiled');
  return checkOf(validate as { (value: unknown): boolean; errors?: ErrorObject[] | null });
}

/**
 * Gives the schema of a check to Ajv, and the schemas that it refers to under ids that checks of
 * the same kind share.
 *
 * @param id for a schema that is none of the definitions
 * @returns the id that the schema has
 */
export function addSource(ajv: Ajv, id: string, { schema, definitions, unknownKeys }: CheckSource): string {
  const prefix = `${unknownKeys}-`;
  for (const [name, definition] of Object.entries(definitions)) {
    if (ajv.schemas[`${prefix}${name}`] === undefined)
      ajv.addSchema(prepared(definition, prefix, unknownKeys) as object, `${prefix}${name}`);
  }
  // Under an id of its own a definition would be compiled twice.
  const known = Object.keys(definitions).find((name) => definitions[name] === schema);
  if (known !== undefined) return `${prefix}${known}`;
  ajv.addSchema(prepared(schema, prefix, unknownKeys) as object, id);
  return id;
}

function prepared(value: unknown, prefix: string, unknownKeys: CheckSource['unknownKeys']): unknown {
  if (Array.isArray(value)) return value.map((each) => prepared(each, prefix, unknownKeys));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'description' && (unknownKeys === 'refused' || key !== 'additionalProperties'))
      .map(([key, part]) => [
        key,
        key === '$ref'
          ? `${prefix}${String(part).slice(String(part).lastIndexOf('/') + 1)}`
          : prepared(part, prefix, unknownKeys),
      ]),
  );
}
