import type { Schema } from './apiSchemas.ts';
import { type Check, compileSchema } from './compileSchema.ts';
import { DAEMON_NAMES, type DevState, STACK_NAME_CHARACTERS, STACK_NAMES_MAX } from './devState.ts';
import { isDeepJson } from './isDeepJson.ts';
import { readSmallFile } from './readSmallFile.ts';

/** The content of `dev.json`: none, one of our shape, or something else with its fault. */
export type DevFile =
  | { kind: 'none' }
  | { kind: 'whole'; state: DevState }
  | {
      kind: 'invalid';
      why: string;
      /** Version of the file's form, where another version is the fault. */
      version?: number;
    };

/** Bytes; a real one has about 1 500. */
const STATE_BYTES_MAX = 64 * 1024;

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
const DEV_STATE: Schema = { ...NEEDED, properties: { ...NEEDED.properties, ...OPTIONAL } };

let check: Check | undefined;

/**
 * The one reader of `dev.json`. For any content, and any kind of file, the result is a value and no
 * error.
 */
export async function readDevFile(file: string): Promise<DevFile> {
  let bytes: Buffer;
  try {
    bytes = await readSmallFile(file, STATE_BYTES_MAX);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'none' };
    return invalid(error instanceof Error ? error.message : String(error));
  }
  if (isDeepJson(bytes)) return invalid('it is nested too deep');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return invalid('it is no JSON, or only the beginning of one');
  }
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  if (Number.isInteger(version) && version !== 1)
    return { kind: 'invalid', why: `version ${version} is of another grafos`, version: Number(version) };
  check ??= compileSchema(DEV_STATE, {});
  const problem = check(value, 'it');
  return problem === null ? { kind: 'whole', state: value as DevState } : invalid(problem.replace(/^it\./, ''));
}

function invalid(why: string): DevFile {
  return { kind: 'invalid', why };
}
