/** Checks the parts of a submit that its schema cannot check. */
import { createHash, randomBytes } from 'node:crypto';
import { LIMITS } from '../../../base/limits.ts';
import { type AskedSpec, type RunSpec, specOf } from '../../wire/runSpec.ts';
import type { RunSubmit } from '../../wire/tenantApi.ts';
import { RefusedError } from '../refused.ts';

/** Strict where Node is lenient: what it skipped must not be taken for an input. */
export function decodeInput(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const length = (text.length / 4) * 3 - padding;
  const input = Buffer.from(text, 'base64');
  if (text.length % 4 !== 0 || input.length !== length || text.includes('-') || text.includes('_')) {
    throw new RefusedError('bad_request', 'body.input_b64 is not base64 (RFC 4648, section 4, with padding).');
  }
  if (input.length > LIMITS.input) {
    throw new RefusedError(
      'body_too_large',
      `An input has at most ${LIMITS.input} bytes; this one has ${input.length}.`,
    );
  }
  return input;
}

const NANOS_MAX = 2n ** 63n - 1n;

export function checkStart(nanos: string | undefined): void {
  if (nanos !== undefined && BigInt(nanos) > NANOS_MAX) {
    throw new RefusedError('bad_request', 'body.start_unix_nanos does not fit a signed 64-bit integer.');
  }
}

/** Hash of the content of a body, not of its spelling. */
export function requestHash(body: RunSubmit, inputSha256: string): string {
  const { program, tasklet, version, module_sha256 } = body;
  // In a list of JSON a seed or start that is not given is null.
  const spec = Object.values(specOf({ ...body, hold_ms: body.hold_ms ?? 0 }));
  return createHash('sha256')
    .update(JSON.stringify([program, tasklet, version, module_sha256, inputSha256, ...spec]))
    .digest('hex');
}

/** The spec that a run is recorded with. It has a seed and a start of its own by default. */
export function completeSpec(asked: AskedSpec, now: number): RunSpec {
  return {
    ...specOf(asked),
    hold_ms: asked.hold_ms ?? 0,
    seed: asked.seed ?? randomBytes(32).toString('hex'),
    start_unix_nanos: asked.start_unix_nanos ?? `${now}000000`,
  };
}
