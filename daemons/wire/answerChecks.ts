import { SCHEMAS, type SchemaName } from './apiSchemas.ts';
import type { Check } from './checkOf.ts';
import { createSchemaCheck } from './schemaCheck.ts';

/** Bodies of requests, which no client reads. */
type RequestName = 'RunSubmit' | 'CapabilityRequest' | 'TenantCreate';
export type AnswerName = Exclude<SchemaName, RequestName>;

const REQUESTS: readonly string[] = ['RunSubmit', 'CapabilityRequest', 'TenantCreate'] satisfies RequestName[];

/** Checks of the scheduler's answers. Keys that no schema names are passed over. */
export const ANSWER_CHECKS = Object.fromEntries(
  Object.entries(SCHEMAS)
    .filter(([name]) => !REQUESTS.includes(name))
    .map(([name, schema]) => [name, createSchemaCheck(schema, SCHEMAS, 'ignored')]),
) as unknown as Readonly<Record<AnswerName, Check>>;
