import type { Schema } from './apiSchemas.ts';
import { DAEMON_NAMES, STACK_NAME_CHARACTERS, STACK_NAMES_MAX } from './devState.ts';
import { createSchemaCheck } from './schemaCheck.ts';

const path: Schema = { type: 'string', minLength: 1, maxLength: 4096 };
const address = (scheme: string, rest = '$'): Schema => ({
  type: 'string',
  // A local stack listens on loopback only, so a file that names another host is not from one.
  pattern: `^${scheme}(?:127\\.0\\.0\\.1|localhost|\\[::1\\]):[1-9][0-9]{0,4}${rest}`,
  maxLength: 256,
});
const object = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

const daemon = object({
  // Zero and negative numbers mean whole groups of processes to kill(2).
  pid: { type: 'integer', minimum: 1, maximum: 2 ** 31 - 1 },
  started: { type: 'string', maxLength: 128 },
  log: path,
});

const text: Schema = { type: 'string', maxLength: STACK_NAME_CHARACTERS };
const number: Schema = { anyOf: [{ type: 'string', pattern: '^[0-9]{1,20}$' }, { type: 'null' }] };
const port: Schema = { type: 'integer', minimum: 0, maximum: 65_535 };

const OPTIONAL: Record<string, Schema> = {
  grafos: object({ version: { type: 'string', maxLength: 128 }, path }),
  folder: object({ path, device: number, inode: number }),
  options: object({
    mem_capacity: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    transport: { type: 'string', enum: ['auto', 'quic', 'tcp'] },
    ports: { type: 'object', properties: { fabric: port, mem: port, scheduler: port, helper: port } },
    tenant: text,
    tenants: { type: 'array', items: text, maxItems: STACK_NAMES_MAX },
    helper_hosts: { type: 'array', items: text, maxItems: STACK_NAMES_MAX },
  }),
};

const NEEDED = object({
  version: { const: 1 },
  started_at: { type: 'string', format: 'date-time' },
  scheduler_url: address('https://'),
  tenant_name: { type: 'string', pattern: '^[a-z0-9][a-z0-9._-]{0,62}$' },
  ca_cert: path,
  tenant_cert: path,
  tenant_key: path,
  cell_id: { type: 'string', pattern: '^[a-z0-9][a-z0-9._-]{0,62}$' },
  fabric: object({
    control: address(''),
    transport: { type: 'string', enum: ['quic', 'tcp'] },
    mem_dataplane: address('https://', '(?:/[a-z]*)?$'),
    mem_dataplane_sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    mem_dataplane_transport: { type: 'string', enum: ['http3', 'http2'] },
    mem_capacity: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  }),
  helper: object({ url: address('http://') }),
  daemons: object(Object.fromEntries(DAEMON_NAMES.map((name) => [name, daemon]))),
});
/** The check of `dev.json`. A newer grafOS may have written more. */
export const DEV_FILE_CHECK = createSchemaCheck({ ...NEEDED, properties: { ...NEEDED.properties, ...OPTIONAL } });
