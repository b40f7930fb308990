import { SCHEMAS } from '../../wire/apiSchemas.ts';
import type { Check } from '../../wire/checkOf.ts';
import { createSchemaCheck } from '../../wire/schemaCheck.ts';
import { OPERATIONS, type Operation } from '../openapi/operations.ts';
import { requestSchema, routeOf } from '../openapi/requestSchema.ts';

/** Checks of the parts of requests, by method, route and part, such as `POST /api/v1/runs body`. */
export const REQUEST_CHECKS: Readonly<Record<string, Check>> = Object.fromEntries(
  Object.values<Operation>(OPERATIONS).flatMap((operation) =>
    Object.entries(requestSchema(operation)).map(([part, schema]) => [
      `${operation.method} ${routeOf(operation)} ${part}`,
      createSchemaCheck(schema, SCHEMAS),
    ]),
  ),
);
