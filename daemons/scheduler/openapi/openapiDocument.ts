import { ref, SCHEMAS, type SchemaName } from '../../wire/apiSchemas.ts';
import { REFUSAL_STATUS } from '../http/status.ts';
import { OPERATIONS, type Operation, refusalsOf } from './operations.ts';

/**
 * The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0) served at `/api/v1/openapi.json`.
 */
export function openapiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, operation] of Object.entries<Operation>(OPERATIONS)) {
    const { path, method } = operation;
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operationId, operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'grafOS tenant API',
      version,
      description:
        'Served by grafos-scheduler over HTTPS. Every connection shows a client certificate of the CA of the cell.',
    },
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        certificate: { type: 'mutualTLS' },
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT bound to the certificate (RFC 8705)' },
      },
    },
  };
}

function describe(operationId: string, operation: Operation): Record<string, unknown> {
  const { summary, description, who, params = {}, query = {}, headers = {}, body } = operation;
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    security: [who === 'certificate' ? { certificate: [] } : { certificate: [], token: [] }],
    'x-grafos-roles': who === 'certificate' ? [] : who,
    'x-grafos-refusals': refusalsOf(operation),
    parameters: [
      ...Object.entries(params).map(([name, schema]) => ({ name, in: 'path', required: true, schema })),
      ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema })),
      ...Object.entries(headers).map(([name, header]) => ({ name, in: 'header', ...header })),
    ],
    ...(body === undefined ? {} : { requestBody: { required: true, content: content(body) } }),
    responses: { ...answers(operation), ...refusals(operation) },
  };
}

function answers(operation: Operation): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(operation.answers).map(([status, { description, body }]) => [
      status,
      body === undefined ? { description } : { description, content: content(body) },
    ]),
  );
}

/** One entry a status, naming the reasons that come with it. */
function refusals(operation: Operation): Record<string, unknown> {
  const byStatus = new Map<number, string[]>();
  for (const reason of refusalsOf(operation)) {
    const status = REFUSAL_STATUS[reason];
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${reason}\``]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, reasons]) => [
      status,
      { description: reasons.join(', '), ...(operation.method === 'HEAD' ? {} : { content: content('Refusal') }) },
    ]),
  );
}

function content(body: SchemaName | 'bytes' | 'events'): Record<string, unknown> {
  if (body === 'bytes') return { 'application/octet-stream': {} };
  if (body === 'events') return { 'text/event-stream': {} };
  return { 'application/json': { schema: ref(body) } };
}
