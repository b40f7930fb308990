import { SCHEMAS, type Schema } from '../../protocol/apiSchemas.ts';
import { type Check, compileSchema } from '../../protocol/compileSchema.ts';
import { Refused } from '../refused.ts';

type FastifyValidator = (data: unknown) => { value: unknown } | { error: Error };

/**
 * Fastify's validator compiler, over {@link compileSchema}. A check is made on first use, not at
 * the start of the scheduler.
 */
export function requestChecker(): (route: { schema: Schema; httpPart?: string }) => FastifyValidator {
  return ({ schema, httpPart = 'body' }) => {
    const at = httpPart === 'querystring' ? 'query' : httpPart;
    let check: Check | undefined;
    return (data) => {
      check ??= compileSchema(schema, SCHEMAS);
      const value = httpPart === 'querystring' ? readQuery(data, schema) : data;
      const problem = value === undefined || value === null ? `${at} is missing` : check(value, at);
      return problem === null ? { value } : { error: new Refused('bad_request', `${problem}.`) };
    };
  };
}

/** A query is text: numbers are read where the schema wants them, defaults are filled in. */
function readQuery(data: unknown, { properties = {} }: Schema): Record<string, unknown> {
  const query: Record<string, unknown> = { ...(data as Record<string, unknown>) };
  for (const [name, property] of Object.entries(properties)) {
    const text = query[name];
    if (text === undefined && property.default !== undefined) query[name] = property.default;
    if (property.type === 'integer' && typeof text === 'string' && /^\d{1,15}$/.test(text)) query[name] = Number(text);
  }
  return query;
}
