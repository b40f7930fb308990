import { SCHEMAS, type Schema } from '../../wire/apiSchemas.ts';
import { SUBMIT_FRAME_TYPE, SUBMIT_HEAD_BYTES } from '../../wire/submitFrame.ts';
import { REFUSAL_REASONS } from '../../wire/tenantApi.ts';
import { REFUSAL_STATUS } from '../http/status.ts';
import { MODULE_RETENTION } from '../moduleStore.ts';
import { DECISION_RETENTION } from '../store/decisionTable.ts';
import { IN_ROW_BYTES } from '../store/runFiles.ts';
import { RUN_RETENTION } from '../store/runTable.ts';
import { OPERATIONS, type Operation, refusalsOf } from './operations.ts';

/**
 * docs/reference/api.md: the tenant API for people, from the same tables that the server answers
 * by.
 */
export function apiPage(): string {
  return `${[
    '<!-- Written by scripts/apiPage.ts; change daemons/scheduler/openapi/ instead. -->',
    '# The tenant API',
    INTRODUCTION,
    '## Operations',
    ...Object.entries<Operation>(OPERATIONS).map(([id, operation]) => operationSection(id, operation)),
    '## Bodies',
    'Every key is required unless it is marked optional; unknown keys are refused.',
    ...Object.entries<Schema>(SCHEMAS).map(([name, schema]) => `### ${name}\n\n${schemaLines(schema, 0).join('\n')}`),
    '## Reasons',
    'The body of every answer that is not 2xx is a [Refusal](#refusal). Its reason is stable and is also the `code` of the error that the client library throws.',
    table(
      ['reason', 'status'],
      REFUSAL_REASONS.map((reason) => [`\`${reason}\``, String(REFUSAL_STATUS[reason])]),
    ),
    'The four `client_certificate_*` reasons are met at the TLS layer: the peer gets no HTTP answer, and the reason is in the audit log.',
  ].join('\n\n')}\n`;
}

const INTRODUCTION = `The scheduler serves it over HTTPS (HTTP/1.1 and HTTP/2, TLS 1.3 only). \`GET /api/v1/openapi.json\` answers with the OpenAPI 3.1 document this page is written from.

**Who may ask.** Every connection shows a client certificate issued by the CA of the cell, with the role \`tenant\` or \`admin\`. Every request but the two marked *certificate* also carries \`Authorization: Bearer <token>\`: a JWS (ES256) signed with the certificate's key, with \`sub\` = \`<role>/<name>\`, \`aud\` = the cell id (from \`/health\`), \`iat\`, \`nbf\`, \`exp\` at most 300 s apart, a unique \`jti\`, and \`cnf.x5t#S256\` = the certificate's thumbprint (RFC 8705). A token may be used again on the connection it was first used on, and on no other, a restart of the scheduler included. The order in which faults are reported is in [security.md](../internals/security.md).

**What is kept.** A run is in the store before it is acknowledged, and its artifacts are before its end is reported; a killed scheduler loses nothing it acknowledged. Runs that were in flight when a scheduler ended are \`failed\` with \`worker_lost\`. Such a run that came with an \`Idempotency-Key\` is run again, under its own id, seed and start, when the client repeats the request; the cell executes a run id at most once, so what it had finished is not done twice. The states \`admitted\`, \`placed\` and \`running\` of a run in flight are not written one by one: none of them outlives the process. Kept are the newest ${RUN_RETENTION.runs} runs, at most ${RUN_RETENTION.bytes / 1024 ** 2} MiB of their inputs and outputs, ${DECISION_RETENTION} admissions and placements, and ${MODULE_RETENTION.modules} modules or ${MODULE_RETENTION.bytes / 1024 ** 2} MiB of them; the oldest ended runs, and the modules not used for longest, go first. An \`Idempotency-Key\` is forgotten with its run.

**Large bodies.** Only a submit may be longer than ${IN_ROW_BYTES / 1024} KiB, and only by its input. A submit of the content type \`${SUBMIT_FRAME_TYPE}\` has the input as bytes, which is faster. Its body is the length of the JSON in 32 bits big-endian, the JSON of RunSubmit without \`input_b64\` (at most ${SUBMIT_HEAD_BYTES / 1024} KiB), and the input. A JSON output longer than ${IN_ROW_BYTES / 1024} KiB is in \`response\` as the tasklet wrote it, but for line ends.

**Quotas.** Up to \`runs_soft\` runs at one time are free; each above that takes one of \`burst_per_minute\` extra starts, which refill evenly; \`runs_hard\` is never exceeded. \`mem_bytes\` bounds the fabric memory of runs and of held leases together.

**Roles.** A scheduler begins as \`standby\`: it answers reads and administration, and refuses work until an admin promotes it. The role is kept in the store.

**Audit.** Every decision on a request with a token, and every refused connection, is a record of the audit log. A refusal is written before it is answered; the rest is written at the end of the event-loop turn.`;

function operationSection(id: string, operation: Operation): string {
  const { method, path, summary, description, who, query = {}, headers = {}, body, answers } = operation;
  const lines = [
    `### ${id}`,
    '',
    `\`${method} ${path}\` · ${who === 'certificate' ? 'certificate' : who.join(' or ')}`,
    '',
    summary,
  ];
  if (description !== undefined) lines.push('', description);
  lines.push('');
  for (const [name, schema] of Object.entries(query)) lines.push(`- query \`${name}\`: ${oneLine(schema)}`);
  for (const [name, header] of Object.entries(headers)) lines.push(`- header \`${name}\`: ${header.description}`);
  if (body !== undefined) lines.push(`- body: ${bodyName(body)}`);
  for (const [status, answer] of Object.entries(answers)) {
    const content = answer.body === undefined ? '' : `: ${bodyName(answer.body)}`;
    lines.push(`- ${status}${content}. ${answer.description}.`);
  }
  lines.push(
    `- refused with: ${refusalsOf(operation)
      .filter(isOfItsOwn)
      .map((reason) => `\`${reason}\``)
      .join(', ')}`,
  );
  return lines.join('\n');
}

/** The others come with every operation and are said once. */
function isOfItsOwn(reason: string): boolean {
  return !reason.startsWith('token_') && reason !== 'tenant_unknown';
}

function bodyName(body: string): string {
  if (body === 'bytes') return 'bytes';
  if (body === 'events') return '`text/event-stream`';
  return `[${body}](#${body.toLowerCase()})`;
}

function schemaLines(schema: Schema, depth: number): string[] {
  const inner = schema.type === 'array' && schema.items !== undefined ? schema.items : schema;
  return Object.entries(inner.properties ?? {}).flatMap(([name, property]) => {
    const isOptional = inner.required?.includes(name) === false;
    const line = `${'  '.repeat(depth)}- \`${name}\`${isOptional ? ' (optional)' : ''}: ${oneLine(property)}`;
    const nested =
      property.type === 'object' || property.items?.type === 'object' ? schemaLines(property, depth + 1) : [];
    return [line, ...nested];
  });
}

function oneLine(schema: Schema): string {
  const { description } = schema;
  const kind = kindOf(schema);
  return [kind, description].filter((part) => part !== undefined && part !== '').join('; ');
}

function kindOf(schema: Schema): string {
  if (schema.$ref !== undefined) return bodyName(schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1));
  if (schema.anyOf !== undefined) return schema.anyOf.map(kindOf).join(' or ');
  if (schema.const !== undefined) return `always \`${String(schema.const)}\``;
  if (schema.enum !== undefined)
    return schema.enum.length > 12
      ? 'one of the [reasons](#reasons)'
      : schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.type === 'array' && schema.items !== undefined)
    return `list of ${schema.items.type === 'object' ? 'objects' : kindOf(schema.items)}`;
  const type =
    schema.format === 'date-time'
      ? 'RFC 3339 time'
      : typeof schema.type === 'object'
        ? schema.type.join(' or ')
        : (schema.type ?? 'any JSON');
  const bounds = schema.maximum === undefined ? '' : `, ${schema.minimum ?? 0} to ${schema.maximum}`;
  const fallback = schema.default === undefined ? '' : `, default ${schema.default}`;
  return `${type}${bounds}${fallback}`;
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
