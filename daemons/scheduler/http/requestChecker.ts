import type { Schema } from '../../wire/apiSchemas.ts';
import { RefusedError } from '../refused.ts';
import { REQUEST_CHECKS } from './requestChecks.ts';

type FastifyValidator = (data: unknown) => { value: unknown } | { error: Error };

interface RoutePart {
  schema: Schema;
  method?: string;
  url?: string;
  httpPart?: string;
}

/** Fastify's validator compiler, which takes the checks of {@link REQUEST_CHECKS}. */
export function createRequestChecker(): (part: RoutePart) => FastifyValidator {
  return ({ schema, method, url, httpPart = 'body' }) => {
    const at = httpPart === 'querystring' ? 'query' : httpPart;
    const check = REQUEST_CHECKS[`${method} ${url} ${httpPart}`];
    if (check === undefined) throw new Error(`there is no check of ${method} ${url} ${httpPart}`);
    return (data) => {
      const value = httpPart === 'querystring' ? readQuery(data, schema) : data;
      const problem = value === undefined || value === null ? `${at} is missing` : check(value, at);
      return problem === null ? { value } : { error: new RefusedError('bad_request', `${problem}.`) };
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
