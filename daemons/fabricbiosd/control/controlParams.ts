/**
 * Checks the parameters of every fabric control method, field by field. A misfit is `bad_request`
 * with the name of the field.
 */

import { LIMITS } from '../../../base/limits.ts';
import { BLOB_BYTES_MAX } from '../../fabric/blobExchange.ts';
import { CAPABILITY_TTL_MS_MAX } from '../../peers/capabilityToken.ts';
import type { CapabilityRight, FabricMethods, Payload, TaskletSubmit } from '../../wire/fabricControl.ts';
import { FabricRefusedError } from './fabricRefused.ts';

type Fields = Record<string, unknown>;
type Params<M extends keyof FabricMethods> = FabricMethods[M]['params'];

export const parseParams: { [M in keyof FabricMethods]: (params: unknown) => Params<M> } = {
  identity: noParams,
  inventory: noParams,
  'lease.list': noParams,
  'lease.alloc': (params) => {
    const fields = fieldsOf(params, ['tenant', 'bytes', 'ttl_ms']);
    return { tenant: label(fields, 'tenant'), bytes: integer(fields, 'bytes', 1), ttl_ms: ttl(fields, LIMITS.holdMs) };
  },
  'lease.renew': (params) => {
    const fields = fieldsOf(params, ['lease_id', 'ttl_ms']);
    return { lease_id: label(fields, 'lease_id'), ttl_ms: ttl(fields, LIMITS.holdMs) };
  },
  'lease.free': (params) => ({ lease_id: label(fieldsOf(params, ['lease_id']), 'lease_id') }),
  'cap.request': (params) => {
    const fields = fieldsOf(params, ['lease_id', 'tenant', 'rights', 'ttl_ms']);
    return {
      lease_id: label(fields, 'lease_id'),
      tenant: label(fields, 'tenant'),
      rights: rights(fields),
      ttl_ms: ttl(fields, CAPABILITY_TTL_MS_MAX),
    };
  },
  'module.put': (params) => {
    const fields = fieldsOf(params, ['module_sha256', 'bytes']);
    return { module_sha256: hex64(fields, 'module_sha256'), bytes: payload(fields, 'bytes') };
  },
  'tasklet.submit': taskletSubmit,
  'tasklet.cancel': (params) => ({ run_id: label(fieldsOf(params, ['run_id']), 'run_id') }),
};

/**
 * The payload of a request, even when the rest of the request is wrong: its bytes have to be taken
 * off the wire.
 */
export function payloadOf(params: unknown, field: string): Payload | undefined {
  try {
    return payload(params as Fields, field);
  } catch {
    return undefined;
  }
}

function taskletSubmit(params: unknown): TaskletSubmit {
  const fields = fieldsOf(params, SUBMIT_FIELDS);
  return {
    run_id: label(fields, 'run_id'),
    tenant: label(fields, 'tenant'),
    program: label(fields, 'program'),
    tasklet: label(fields, 'tasklet'),
    version: label(fields, 'version'),
    module_sha256: hex64(fields, 'module_sha256'),
    input: payload(fields, 'input'),
    mem_bytes: integer(fields, 'mem_bytes', 0),
    fuel: integer(fields, 'fuel', 0, LIMITS.fuelMax),
    linear_memory_bytes: integer(fields, 'linear_memory_bytes', 0, 2 ** 32),
    timeout_ms: integer(fields, 'timeout_ms', 1, LIMITS.timeoutMsMax),
    hold_ms: integer(fields, 'hold_ms', 0, LIMITS.holdMs),
    seed: hex64(fields, 'seed'),
    start_unix_nanos: unixNanos(fields, 'start_unix_nanos'),
  };
}

const SUBMIT_FIELDS = [
  'run_id',
  'tenant',
  'program',
  'tasklet',
  'version',
  'module_sha256',
  'input',
  'mem_bytes',
  'fuel',
  'linear_memory_bytes',
  'timeout_ms',
  'hold_ms',
  'seed',
  'start_unix_nanos',
] as const;

function bad(message: string): FabricRefusedError {
  return new FabricRefusedError('bad_request', message);
}

function noParams(params: unknown): Record<string, never> {
  fieldsOf(params ?? {}, []);
  return {};
}

function fieldsOf(params: unknown, names: readonly string[]): Fields {
  if (typeof params !== 'object' || params === null || Array.isArray(params)) throw bad('params must be an object');
  const unknown = Object.keys(params).find((name) => !names.includes(name));
  if (unknown !== undefined) throw bad(`unknown field ${JSON.stringify(unknown.slice(0, 64))}`);
  return params as Fields;
}

function label(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value)) return value;
  throw bad(`${name} must be 1 to 128 printable ASCII characters`);
}

function integer(fields: Fields, name: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw bad(`${name} must be a whole number from ${min} to ${max}`);
}

function ttl(fields: Fields, max: number): number {
  return integer(fields, 'ttl_ms', 1, max);
}

function hex64(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw bad(`${name} must be 64 lower-case hexadecimal digits`);
}

function unixNanos(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && /^(0|[1-9]\d{0,18})$/.test(value) && BigInt(value) < 2n ** 63n) return value;
  throw bad(`${name} must be unix nanoseconds in decimal, as text`);
}

function rights(fields: Fields): CapabilityRight[] {
  const value = fields.rights;
  const isRight = (right: unknown): right is CapabilityRight => right === 'read' || right === 'write';
  if (Array.isArray(value) && value.length > 0 && value.every(isRight) && new Set(value).size === value.length) {
    return value;
  }
  throw bad('rights must be a list of "read" and "write", at least one');
}

function payload(fields: Fields, name: string): Payload {
  const value = fields[name];
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value);
    if ('inline_b64' in value && typeof value.inline_b64 === 'string' && keys.length === 1) {
      return { inline_b64: value.inline_b64 };
    }
    if ('blob' in value && 'size' in value && keys.length === 2) {
      return {
        blob: integer(value as Fields, 'blob', 1, 0xffff_ffff),
        size: integer(value as Fields, 'size', 1, BLOB_BYTES_MAX),
      };
    }
  }
  throw bad(`${name} must be {inline_b64} or {blob, size}`);
}
