import type { Schema } from '../../wire/apiSchemas.ts';
import type { Operation } from './operations.ts';

/** The schemas of the parts of a request, under Fastify's names for the parts. */
export function requestSchema({ params, query, headers, body }: Operation): Record<string, Schema> {
  return {
    ...(params === undefined ? {} : { params: { properties: params } }),
    ...(query === undefined ? {} : { querystring: { properties: query, additionalProperties: false } }),
    ...(headers === undefined
      ? {}
      : {
          headers: {
            properties: Object.fromEntries(
              Object.entries(headers).map(([name, { schema }]) => [name.toLowerCase(), schema]),
            ),
          },
        }),
    ...(body === undefined || body === 'bytes' ? {} : { body: { $ref: `#/components/schemas/${body}` } }),
  };
}

/** The path of an operation as Fastify writes it. */
export function routeOf({ path }: Operation): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
