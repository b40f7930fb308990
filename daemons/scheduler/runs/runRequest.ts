/** Checks the parts of a submit that its schema cannot check. */
import { createHash } from 'node:crypto';
import { LIMITS } from '../../protocol/limits.ts';
import type { RunSubmit } from '../../protocol/tenantApi.ts';
import { Refused } from '../refused.ts';

/** Strict where Node is lenient: what it skipped must not be taken for an input. */
export function decodeInput(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const length = (text.length / 4) * 3 - padding;
  const input = Buffer.from(text, 'base64');
  if (text.length % 4 !== 0 || input.length !== length || text.includes('-') || text.includes('_')) {
    throw new Refused('bad_request', 'body.input_b64 is not base64 (RFC 4648, section 4, with padding).');
  }
  if (input.length > LIMITS.input) {
    throw new Refused('body_too_large', `An input has at most ${LIMITS.input} bytes; this one has ${input.length}.`);
  }
  return input;
}

const NANOS_MAX = 2n ** 63n - 1n;

export function checkStart(nanos: string | undefined): void {
  if (nanos !== undefined && BigInt(nanos) > NANOS_MAX) {
    throw new Refused('bad_request', 'body.start_unix_nanos does not fit a signed 64-bit integer.');
  }
}

/** Hash of the content of a body, not of its spelling. */
export function requestHash(body: RunSubmit, inputSha256: string): string {
  const { program, tasklet, version, module_sha256, mem_bytes, fuel, linear_memory_bytes, timeout_ms } = body;
  const fixed = [
    program,
    tasklet,
    version,
    module_sha256,
    inputSha256,
    mem_bytes,
    fuel,
    linear_memory_bytes,
    timeout_ms,
  ];
  const optional = [body.hold_ms ?? 0, body.seed ?? null, body.start_unix_nanos ?? null];
  return createHash('sha256')
    .update(JSON.stringify([...fixed, ...optional]))
    .digest('hex');
}
